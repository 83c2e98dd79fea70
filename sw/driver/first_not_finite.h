#pragma once
// Where the numbers of a training went wrong.
#include <optional>
#include <string>

#include "hw/cluster/cluster.h"
#include "hw/spec/job.h"
#include "hw/spec/training_state.h"

namespace weft::sw {

/// "model.fc1.weight[3][17] is nan": the first value of `state` that is no finite number; of the layers the last one
/// first, whose gradient comes first. None: all are finite.
std::optional<std::string> not_finite_in(const hw::TrainingState& state);

/// As not_finite_in(), and a weight or bias that `format`, in which it is streamed, holds as infinite.
std::optional<std::string> unusable_in(const hw::TrainingState& state, HalfFormat format);

/// Of a run whose loss is not finite, the tensor where that began: a parameter, one that is infinite as fp16, samples,
/// the outputs of a layer, or the loss itself.
std::string first_not_finite(const hw::Job& job, const hw::Cluster& cluster);

}  // namespace weft::sw
