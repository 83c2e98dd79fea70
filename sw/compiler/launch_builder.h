#pragma once
// Matched kernels as launches on named tensors of the wafer.
#include "sw/compiler/matched_model.h"

namespace weft::sw {

/// Layers, tensors and launches in the order of `matching`. A kernel that may leaves its output where its input was, if
/// nobody else reads that.
MatchedModel build_launches(const Matching& matching);

}  // namespace weft::sw
