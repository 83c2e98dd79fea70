#pragma once
// What makes a task table one that can be run.
#include <vector>

#include "hw/pe/isa.h"
#include "hw/pe/task.h"

namespace weft::hw {

/// Entries, threads, colors and sources exist; no LOOP leads out of a task; a task that data starts takes data of that
/// color, or it would begin again and again; no task waits for its own end. Throws UsageError that names the task.
/// Precondition: the last instruction is HALT.
void validate_tasks(const std::vector<Instruction>& code, const std::vector<Task>& tasks, int colors);

}  // namespace weft::hw
