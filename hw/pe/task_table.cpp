#include "hw/pe/task_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::hw {

TaskTable::TaskTable(const std::vector<Task>& tasks) {
  for (const Task& task : tasks) entries_.push_back({task, task.trigger == Trigger::launch ? 0 : never});
}

Cycle TaskTable::activation(const Entry& entry, const InputQueues& inputs) {
  if (!entry.task.has_color()) return entry.activated;
  return inputs.head(entry.task.source, entry.task.trigger == Trigger::control);
}

Cycle TaskTable::earliest(int thread, const InputQueues& inputs) const {
  Cycle at = never;
  for (const Entry& entry : entries_)
    if (entry.task.thread == thread) at = std::min(at, activation(entry, inputs));
  return at;
}

int TaskTable::begin(int thread, Cycle now, const InputQueues& inputs) {
  for (std::size_t task = 0; task < entries_.size(); ++task) {
    Entry& entry = entries_[task];
    if (entry.task.thread != thread || activation(entry, inputs) > now) continue;
    entry.activated = never;
    entry.begun = true;
    return static_cast<int>(task);
  }
  return -1;
}

void TaskTable::end(int task, Cycle now) {
  for (Entry& entry : entries_)
    if (entry.task.trigger == Trigger::completion && entry.task.source == task) entry.activated = now;
}

void TaskTable::describe_unbegun(std::vector<std::string>& lines) const {
  for (std::size_t task = 0; task < entries_.size(); ++task) {
    const auto& [it, activated, begun] = entries_[task];
    if (begun || activated != never) continue;
    const char* what = it.trigger == Trigger::completion ? "the end of task"
                       : it.trigger == Trigger::control  ? "a control wavelet of color"
                                                         : "a data wavelet of color";
    lines.push_back(
        fmt::format("task {} (thread {}) has not begun: it waits for {} {}", task, it.thread, what, it.source));
  }
}

}  // namespace weft::hw
