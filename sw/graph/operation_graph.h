#pragma once
// A model as operations over named tensors: what a front end makes, and what everything after it works on.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace weft::sw {

/// Which way an operation is run: as the model says it, for the delta of an input, or for its parameters' gradient.
enum class Pass { forward, delta, gradient };

/// Of [features][tokens]; how many tokens, a run says. Where a sample is a sequence of tokens, these are consecutive.
struct Tensor {
  std::string name;
  int features = 0;
};

struct Operation {
  std::string type;                  ///< a name of operation_types()
  std::string name;                  ///< fc1, fc1.relu, loss
  std::vector<std::string> inputs;   ///< tensors that it reads
  std::vector<std::string> outputs;  ///< tensors that it makes; one in the forward pass, a delta or all of them
  std::map<std::string, double> attributes = {};
  std::string shares = {};  ///< the operation whose parameters are its own, too; none: it has others
  Pass pass = Pass::forward;
  int of_input = 0;  ///< of the delta pass: which input of the forward pass the delta is of
  /// Of the forward pass, whatever the pass: its first input and its output. checked() sets them.
  int input_features = 0, output_features = 0;

  /// 0 if it is not given.
  double attribute(const std::string& key) const;
};

struct OperationGraph {
  std::vector<Tensor> inputs;
  std::vector<Operation> operations;
  std::vector<std::string> outputs;
};

/// The graph with its operations in an order in which each comes behind those that it reads (else as they stood), and
/// with their shapes. Throws UsageError with all mistakes at once: an unknown type or attribute (with the nearest), a
/// wrong number of inputs, a value outside its range, a name that is given twice, a tensor that nobody makes (with the
/// nearest) or nobody reads, an output that is no loss, shapes that do not fit,
/// parameters that are shared and none are there or of another shape, a cycle (with its operations).
OperationGraph checked(OperationGraph graph);

/// Sums over the operations, of one token; see operation_types.h.
std::int64_t parameters(const OperationGraph& graph);
std::int64_t flops(const OperationGraph& graph);

}  // namespace weft::sw
