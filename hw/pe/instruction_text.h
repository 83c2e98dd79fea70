#pragma once
// Instructions as text, and the table that both directions read: what to_string() prints is what the assembler
// (sw/kernels/assembler.h) takes.
#include <string>
#include <vector>

#include "hw/pe/isa.h"

namespace weft::hw {

/// When a field is written: always, or only where the fabric does not take its place; one that may be written is 0
/// where it is not.
enum class FieldUse : std::uint8_t { always, may, without_in, without_out, may_without_in, needed_with_in };

/// "n=7" and where the number stands.
struct InstructionField {
  const char* name;
  std::uint16_t Instruction::*place;
  FieldUse use = FieldUse::always;

  bool used_by(const Instruction& instruction) const;
  bool needed_by(const Instruction& instruction) const;
};

struct OpcodeText {
  const char* name;
  std::vector<InstructionField> fields;
  bool takes = false;            ///< may have a fabric input: "in=3"
  bool sends = false;            ///< may have a fabric output: "out=4"
  bool closes = false;           ///< which may be closed: "advance=0", then perhaps "silent"
  bool lists = false;            ///< may run over the thread's list: "listed"
  bool windows = false;          ///< over the task's window: "windowed"
  bool windows_scalars = false;  ///< "windowed_scalars"
  bool half_sums = false;        ///< may have accumulators of 16 bits: "half_sums"
};

const OpcodeText& text_of(Opcode opcode);

/// "AXPY acc=0 x=512 n=7 row=8 step=1 in=0".
std::string to_string(const Instruction& instruction);

}  // namespace weft::hw
