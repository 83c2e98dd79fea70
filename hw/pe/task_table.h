#pragma once
// Which task a thread that is idle begins: of those that are activated the first in the table.
//   launch, completion   activated once by the launch or by the end of the task that is named, until it begins
//   data, control        activated while such a wavelet is at the head of its color's queue, so they begin as often
//                        as it takes
// An end that finds its follower still activated is not counted twice.
#include <string>
#include <vector>

#include "hw/pe/input_queues.h"
#include "hw/pe/task.h"

namespace weft::hw {

class TaskTable {
 public:
  /// As the launch leaves it. Precondition: validate() accepts them.
  explicit TaskTable(const std::vector<Task>& tasks);

  const Task& operator[](int task) const { return entries_[static_cast<std::size_t>(task)].task; }
  /// First cycle, as far as is known, from which a task of `thread` is activated; `never` if none is.
  Cycle earliest(int thread, const InputQueues& inputs) const;
  /// The task that an idle `thread` begins in cycle `now`, or -1.
  int begin(int thread, Cycle now, const InputQueues& inputs);
  /// The task's end activates others from `now` on.
  void end(int task, Cycle now);
  /// Appends a sentence per task that never began.
  void describe_unbegun(std::vector<std::string>& lines) const;

 private:
  struct Entry {
    Task task;
    Cycle activated;  ///< launch, completion
    bool begun = false;
  };
  static Cycle activation(const Entry& entry, const InputQueues& inputs);

  std::vector<Entry> entries_;
};

}  // namespace weft::hw
