#pragma once
// The entries of a PE's task table: what starts a task, where its code begins, and on which thread it runs.
// rtl/ISA.md explains them, rtl/pe/task_table.sv is the table in hardware.
#include <cstdint>
#include <optional>
#include <string>

namespace weft::hw {

enum class Trigger : std::uint8_t {
  launch = 0,      ///< the launch
  data = 1,        ///< a data wavelet at the head of color `source`; the task takes it
  control = 2,     ///< a control wavelet there; the task's first slot takes it
  completion = 3,  ///< the end of task `source`
};

struct Task {
  Trigger trigger = Trigger::launch;
  int source = 0;  ///< color, or number of a task; launch: 0
  int entry = 0;   ///< instruction
  int thread = 0;

  bool has_color() const { return trigger == Trigger::data || trigger == Trigger::control; }

  friend bool operator==(const Task& x, const Task& y) {
    return x.trigger == y.trigger && x.source == y.source && x.entry == y.entry && x.thread == y.thread;
  }
};

inline constexpr int task_capacity = 8;  ///< entries of a PE's table

/// Bits 5..0 entry, 7..6 trigger, 12..8 source, 14 thread, 15 that there is such a task.
std::uint32_t encode(const Task& task);
/// None if bit 15 is not set.
std::optional<Task> decode_task(std::uint32_t word);

/// "task 2 thread=1 data=3"; "launch", "control=3", "completion=0".
std::string to_string(const Task& task, int number);

}  // namespace weft::hw
