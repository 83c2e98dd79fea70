#include "hw/pe/task_rules.h"

#include <fmt/format.h>

#include "hw/pe/instruction_text.h"
#include "hw/pe/pe_window.h"
#include "tlm/base/error.h"

namespace weft::hw {

namespace {

class Rules {
 public:
  Rules(const std::vector<Instruction>& code, const std::vector<Task>& tasks, int colors)
      : code_(code), tasks_(tasks), colors_(colors) {}

  void run() const {
    if (tasks_.size() > task_capacity)
      throw UsageError(fmt::format("program: {} tasks; a PE's table has {}", tasks_.size(), task_capacity));
    for (int number = 0; number < count(); ++number) check(number, tasks_[static_cast<std::size_t>(number)]);
    for (int number = 0; number < count(); ++number) check_order(number);
  }

 private:
  int count() const { return static_cast<int>(tasks_.size()); }

  [[noreturn]] void refuse(int number, const std::string& why) const {
    throw UsageError(fmt::format("program: {}: {}", to_string(tasks_[static_cast<std::size_t>(number)], number), why));
  }

  void check(int number, const Task& task) const {
    const int size = static_cast<int>(code_.size());
    if (task.thread < 0 || task.thread >= thread_count)
      refuse(number, fmt::format("threads are 0 to {}", thread_count - 1));
    if (task.entry < 0 || task.entry >= size)
      refuse(number, fmt::format("it begins at instruction {}; allowed 0 to {}", task.entry, size - 1));
    if (task.has_color() && (task.source < 0 || task.source >= colors_))
      refuse(number, fmt::format("colors are 0 to {}", colors_ - 1));
    if (task.trigger == Trigger::completion && (task.source < 0 || task.source >= count()))
      refuse(number, fmt::format("tasks are 0 to {}", count() - 1));
    bool takes = false;
    for (int at = task.entry; code_[static_cast<std::size_t>(at)].opcode != Opcode::halt; ++at) {
      const Instruction& instruction = code_[static_cast<std::size_t>(at)];
      if (instruction.opcode == Opcode::loop && instruction.target < task.entry)
        refuse(number, fmt::format("instruction {} ({}) goes back before its entry {}", at, to_string(instruction),
                                   task.entry));
      const bool empty_drain = drains(instruction.opcode) && instruction.count == 0;
      takes |= instruction.fabric_in == task.source && !empty_drain;
    }
    if (task.trigger == Trigger::data && !takes)
      refuse(number, fmt::format("no instruction before its HALT takes data of color {}", task.source));
  }

  // Each task has one trigger, so a circle of ends never begins.
  void check_order(int number) const {
    int at = number;
    for (int steps = 0; tasks_[static_cast<std::size_t>(at)].trigger == Trigger::completion; ++steps) {
      if (steps == count()) refuse(number, "it waits for its own end");
      at = tasks_[static_cast<std::size_t>(at)].source;
    }
  }

  const std::vector<Instruction>& code_;
  const std::vector<Task>& tasks_;
  int colors_;
};

}  // namespace

void validate_tasks(const std::vector<Instruction>& code, const std::vector<Task>& tasks, int colors) {
  Rules(code, tasks, colors).run();
}

}  // namespace weft::hw
