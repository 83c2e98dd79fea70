#pragma once
// What the operations in double precision share: a call with its shape at hand, sums over vectors. Attention's stand in
// a file of their own.
#include "sw/graph/operation_types.h"
#include "tests/support/reference_operations.h"

namespace weft::test {

/// A call with its shape at hand. in(0) is of the delta and the gradient pass the output's delta, but of a loss.
struct Work {
  explicit Work(const OperationCall& call)
      : of(call),
        pass(call.operation.pass),
        tokens(call.tokens),
        inputs(static_cast<std::size_t>(call.operation.input_features)),
        outputs(static_cast<std::size_t>(call.operation.output_features)) {}

  const double* in(std::size_t index) const { return of.inputs[index]->data(); }
  double* out(std::size_t index = 0) const { return of.outputs[index]->data(); }
  const Values& parameter(const char* which) const {
    return of.parameters.at(sw::parameter_owner(of.operation) + which);
  }

  const OperationCall& of;
  sw::Pass pass;
  std::size_t tokens, inputs, outputs;
};

inline void add_scaled(double* sums, double factor, const double* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += factor * values[i];
}

inline double dot(const double* a, const double* b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

inline std::size_t queries_of(const Work& work) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(work.of.operation.attribute("queries")));
}

void attention_scores(const Work& work);
void attention_values(const Work& work);
void attention_softmax(const Work& work);
/// As these three, of all keys at once.
void tiled_attention(const Work& work);

}  // namespace weft::test
