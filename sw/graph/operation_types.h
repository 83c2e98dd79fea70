#pragma once
// The operations that a graph may hold, one row each.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sw/graph/operation_graph.h"

namespace weft::sw {

/// What the delta pass reads besides the delta of the output.
enum class DeltaReads {
  nothing,
  input,  ///< the first one
  output,
  inputs,             ///< all
  other_input,        ///< of two, the one that the delta is not of
  inputs_and_output,  ///< all, and what it makes
};

struct AttributeRange {
  const char* name;
  double least, most;
  bool whole, needed;
};

/// A tensor of any rank that is streamed, updated and checkpointed.
struct Parameter {
  std::string name;
  std::vector<std::int64_t> shape;
  std::int64_t elements() const;
};

struct OperationType {
  const char* name;
  int least_inputs, most_inputs;
  std::vector<AttributeRange> attributes;
  int delta_inputs;  ///< its first so many inputs have a delta
  DeltaReads delta_reads;
  bool passes_delta;   ///< each of these deltas is the output's own, so nothing is computed
  bool is_loss;        ///< a model's output, where the backward pass begins
  const char* shapes;  ///< what its inputs must be, for people
  /// 0 unless the inputs are that.
  int (*output_features)(const Operation& operation, const std::vector<int>& inputs);
  std::vector<Parameter> (*parameters)(const Operation& operation);
  /// Of one token and operation.pass. An addition, multiplication, comparison, division, root, exponential, logarithm,
  /// tanh or error function is one, a multiply-accumulate two.
  std::int64_t (*flops)(const Operation& operation);
  std::vector<std::string> activation_fn = {};  ///< an activation's names in a model file, the one to be shown first
  bool one_delta = false;                       ///< one operation of the delta pass makes all of its deltas
};

const std::vector<OperationType>& operation_types();

/// What `activation_fn` of a model file may be, and the operation that it then is. In the order of operation_types().
std::vector<std::pair<std::string, std::string>> activation_functions();

/// Null if there is none.
const OperationType* find_operation_type(const std::string& name);

/// Of a Linear: its attribute `bias` is not 0.
bool has_bias(const Operation& operation);

/// Of a loss: it is one of whole samples, whose label is an id.
bool is_of_samples(const Operation& operation);

/// Of attention and rotary positions: heads of queries that share a head of keys and values.
int queries_to_a_head(const Operation& operation);
/// The share of what it makes, or of its probabilities, that it drops in training.
double dropout_of(const Operation& operation);
/// Elements of its parameters that it does not share.
std::int64_t own_parameters(const Operation& operation);
/// The operation that its parameters have their names of.
const std::string& parameter_owner(const Operation& operation);

/// Precondition: there is one.
const OperationType& type_of(const Operation& operation);

}  // namespace weft::sw
