#pragma once
// Text to instructions. The form is what hw::to_string() prints, so that a program printed is a program that can be
// read. The disassembler is hw::to_string() (hw/pe/program.h) after hw::decode().
#include <string>
#include <string_view>

#include "hw/pe/program.h"

namespace weft::sw {

/// One instruction: "SEND32 at=0 n=4 out=1". Every field of the instruction must be there, in any order.
/// Throws UsageError that names the word that is wrong, what is allowed, and the nearest name.
hw::Instruction assemble_line(std::string_view line);

/// A line an instruction, "#" begins a comment. Before it may stand its number ("12:"), which must be its own. A line
/// "task 2 thread=1 data=3" (or control=3, completion=0, launch) says that entry 2 of the table begins at the
/// instruction that follows. Gives code and tasks. Does not validate(). Throws UsageError as "name:line: ...".
hw::Program assemble(std::string_view text, const std::string& name);

}  // namespace weft::sw
