#pragma once
// Which settings decide the bits of a training step: what makes a run this run and no other.
#include <map>
#include <string>
#include <vector>

#include "hw/spec/machine_file.h"
#include "sw/compiler/planner.h"
#include "sw/graph/model_file.h"

namespace weft::sw {

/// Value by path.
using StepSettings = std::map<std::string, std::string>;

/// Every resolved value of the model file but those that only say how long, how often or where (named in the source),
/// every value of the machine under "machine.", the plan, and the training data by their content. What a setting comes
/// to counts: a shuffle's seed only where there is a shuffle, a sparsity by the weights that it keeps.
/// `training_data`: RunData::identity.
StepSettings step_settings(const ModelFile& model, const hw::MachineFile& machine,
                           const std::vector<hw::MatrixLayer>& layers, const Plan& plan,
                           const std::string& training_data);

/// One line for each setting in which `now` differs: "optimizer.learning_rate 0.1, this run has 0.2". Of settings that
/// only one of the two has nothing is said if the other is as good as silent about settings (an older file).
std::vector<std::string> setting_changes(const StepSettings& before, const StepSettings& now);

/// 16 hex digits: equal settings and equal `start` (where the first weights came from) give an equal run.
std::string run_id(const StepSettings& settings, const std::string& start);

}  // namespace weft::sw
