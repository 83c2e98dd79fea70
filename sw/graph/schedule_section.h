#pragma once
// The learning rate of a model file: a number, a scheduler, or a list of them.
#include <string>
#include <vector>

#include "hw/spec/schedule_spec.h"
#include "tlm/base/yaml_reader.h"

namespace weft::sw {

/// optimizer.learning_rate. A scheduler is {scheduler: Name, its keys} or {Name: {its keys}}; letters' case and a final
/// LR do not count. The parts of a list follow one another, each as long as its total_iters, the last for ever; with
/// main_scheduler: chained they are multiplied. SequentialLR and ChainedScheduler say the same by `schedulers`.
hw::ScheduleSpec read_schedule(YamlSection& optimizer);

/// A scheduler and its keys, for docs/model_files.md.
struct SchedulerPage {
  std::string names, keys, text;
};
std::vector<SchedulerPage> scheduler_pages();

}  // namespace weft::sw
