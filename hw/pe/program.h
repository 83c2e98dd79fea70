#pragma once
// What one PE is given before a launch: code, the table of its tasks, and its router's routes.
#include <map>
#include <string>
#include <vector>

#include "hw/pe/isa.h"
#include "hw/pe/route.h"
#include "hw/pe/task.h"
#include "hw/spec/machine.h"
#include "tlm/base/half.h"

namespace weft::hw {

/// Threads share nothing but the core's cycles and the queues: two threads must not use the same SRAM words, and no two
/// instructions that may run at the same time the same fabric input.
struct Program {
  std::vector<Instruction> code;
  std::vector<Task> tasks;               ///< the first that is activated goes first
  std::map<int, Route> routes;           ///< by color
  HalfFormat format = HalfFormat::fp16;  ///< of all its halves
  std::map<int, int>
      input_depths;  ///< by color: wavelets of the queue to the core, where it is less than the machine's
};

/// Throws UsageError that names the task, instruction or color, the value and what is allowed.
void validate(const Program& program, const MachineSpec& machine);

/// One line per instruction, "  2: LOOP count=3 target=0 counter=0", and one before it per task that begins there,
/// "task 0 thread=1 data=3".
std::string to_string(const Program& program);

}  // namespace weft::hw
