#pragma once
// A graph for the machine: its layers, and the launches of its kernels.
#include <vector>

#include "hw/spec/job.h"
#include "sw/compiler/kernel_matching.h"

namespace weft::sw {

struct MatchedModel {
  std::vector<hw::MatrixLayer> layers;   ///< one a matrix product; sparse ones without their masks
  std::vector<hw::WaferTensor> tensors;  ///< as Job has them
  int activations = 0;
  std::vector<hw::Launch> forward, backward;
};

/// Each layer is a matrix product, and its only reader the next one.
bool is_chain(const MatchedModel& model);

/// A pure function.
MatchedModel matched_model(const Matching& matching);
/// As match_kernels().
MatchedModel matched_model(const OperationGraph& graph);

/// Launches of one micro-batch: the samples' way in, forward, backward. With `retain` the output layer's weights stay
/// on the wafer for its delta. `segment` (1 to layers): only the input of every so many layers is kept; the backward
/// pass computes the others of a segment again, from its weights, before it needs them. `layers`: nothing is computed
/// again.
std::vector<hw::Launch> train_launches(const MatchedModel& model, bool retain, int segment);
std::vector<hw::Launch> eval_launches(const MatchedModel& model);

}  // namespace weft::sw
