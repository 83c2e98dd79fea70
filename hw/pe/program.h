#pragma once
// What one PE is given before a launch: code, entry points of its threads, and its router's routes.
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hw/pe/isa.h"
#include "hw/pe/route.h"
#include "hw/spec/machine.h"

namespace weft::hw {

/// Threads share nothing but the core's cycles and the queues: two threads must not use the same SRAM words, and no two
/// instructions that may run at the same time the same fabric input.
struct Program {
  std::vector<Instruction> code;
  std::array<std::optional<int>, thread_count> entry;  ///< first instruction of each thread that runs
  std::map<int, Route> routes;                         ///< by color
  std::map<int, int>
      input_depths;  ///< by color: wavelets of the queue to the core, where it is less than the machine's
};

/// Throws UsageError that names the instruction or color, the value and what is allowed.
void validate(const Program& program, const MachineSpec& machine);

/// One line per instruction: "  2: LOOP count=3 target=0 counter=0", entries marked "0>" and "1>".
std::string to_string(const Program& program);

}  // namespace weft::hw
