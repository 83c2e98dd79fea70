// Where a core's threads begin and end tasks.
#include <algorithm>

#include "hw/pe/core_model.h"

namespace weft::hw {

void CoreModel::end_tasks(Cycle now) {
  for (Thread& thread : threads_) {
    if (thread.task < 0 || thread.active || thread.idle_from() > now) continue;
    tasks_.end(thread.task, now);
    thread.task = -1;
  }
}

void CoreModel::begin_tasks(Cycle now) {
  for (int number = 0; number < thread_count; ++number) {
    Thread& thread = threads_[static_cast<std::size_t>(number)];
    if (thread.task >= 0) continue;
    const int task = tasks_.begin(number, now, inputs_);
    if (task < 0) continue;
    const Cycle free = thread.free, ready = thread.ready;
    const WordRange written = thread.written;
    thread = {};
    thread.task = task;
    arrive_at(thread, static_cast<std::size_t>(tasks_[task].entry));
    if (tasks_[task].trigger == Trigger::control) thread.phase = Thread::Phase::start;
    thread.active |= thread.phase == Thread::Phase::start;
    thread.begun = now;
    thread.start = now + (number == 0 ? spec_.task_dispatch_cycles : 0);
    // The receiver's cycles while the main thread was idle.
    thread.free = number == 0 && thread.active ? std::max(free, threads_[1].free) : free;
    thread.ready = ready;
    thread.written = written;
  }
}

Cycle CoreModel::take_control(Thread& thread, int color, CoreSlot& slot) {
  inputs_[color].pop();
  slot.take(color);
  thread.phase = Thread::Phase::issue;
  thread.active = current(thread).opcode != Opcode::halt;
  return spec_.control_cycles;
}

}  // namespace weft::hw
