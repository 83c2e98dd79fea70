#pragma once
// Instructions of a PE in order, with the loops around them.
#include "hw/pe/program.h"

namespace weft::sw {

class ProgramBuilder {
 public:
  explicit ProgramBuilder(hw::Program& program) : program_(program) {}

  int here() const { return static_cast<int>(program_.code.size()); }
  /// Adds a task that begins here; returns its number.
  int begin_task(hw::Trigger trigger, int source, int thread) {
    program_.tasks.push_back({trigger, source, here(), thread});
    return static_cast<int>(program_.tasks.size()) - 1;
  }
  /// A task that begins here with the launch.
  int begin_thread(int thread) { return begin_task(hw::Trigger::launch, 0, thread); }
  void add(const hw::Instruction& instruction) { program_.code.push_back(instruction); }
  /// `passes` passes in all over what stands from `first` on. Precondition: passes >= 1.
  void loop(int first, int passes, int counter) {
    hw::Instruction instruction;
    instruction.opcode = hw::Opcode::loop;
    instruction.target = static_cast<std::uint16_t>(first);
    instruction.count = static_cast<std::uint16_t>(passes);
    instruction.counter = static_cast<std::uint16_t>(counter);
    add(instruction);
  }
  void halt() { add(hw::Instruction{}); }

 private:
  hw::Program& program_;
};

}  // namespace weft::sw
