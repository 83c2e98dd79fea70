// Norms over the features of a token, as hw/kernels/norm.h has their formulas: with x' the normed input,
// y = gain x' + shift; RMSNorm neither takes the mean away nor shifts.
#include "sw/graph/operation_families.h"

namespace weft::sw {

namespace {

std::vector<Parameter> gain(const Operation& operation) {
  return {{operation.name + ".weight", {operation.output_features}}};
}

std::vector<Parameter> gain_and_shift(const Operation& operation) {
  return {{operation.name + ".weight", {operation.output_features}},
          {operation.name + ".bias", {operation.output_features}}};
}

/// Operations of one pass: of each feature, and once.
struct Count {
  int each, once;
};

std::int64_t of_pass(const Operation& operation, Count forward, Count delta, Count gradient) {
  const Count& count = operation.pass == Pass::forward ? forward : operation.pass == Pass::delta ? delta : gradient;
  return static_cast<std::int64_t>(count.each) * operation.input_features + count.once;
}

/// x' of a feature: into the mean's sum, minus the mean, its square into the sum of squares, over the root; once: two
/// means, epsilon, root. Then gain and shift. Both other passes make x' again: the delta from g = gain times the
/// output's delta, the sums of g and of g x', and (g - mean(g) - x' mean(g x')) over the root; the gradient sums delta
/// x' and delta.
std::int64_t layer_norm_flops(const Operation& operation) {
  constexpr Count normed{5, 4};
  return of_pass(operation, {normed.each + 2, normed.once}, {normed.each + 8, normed.once + 2},
                 {normed.each + 3, normed.once});
}

/// The same without the mean and the shift.
std::int64_t rms_norm_flops(const Operation& operation) {
  constexpr Count normed{3, 3};
  return of_pass(operation, {normed.each + 1, normed.once}, {normed.each + 6, normed.once + 1},
                 {normed.each + 2, normed.once});
}

}  // namespace

std::vector<OperationType> norm_types() {
  const std::vector<AttributeRange> epsilon{{"epsilon", 0, 1, false, true}};
  return {
      {"LayerNorm", 1, 1, epsilon, 1, DeltaReads::input, false, false, "one tensor", as_first, gain_and_shift,
       layer_norm_flops},
      {"RMSNorm", 1, 1, epsilon, 1, DeltaReads::input, false, false, "one tensor", as_first, gain, rms_norm_flops},
  };
}

}  // namespace weft::sw
