#pragma once
// A trainer in double precision of any graph: forward and backward graph are run operation by operation as they stand,
// so that what an operation does not say it reads is not there. The cluster's losses, tensors and weights must track
// it.
#include <functional>
#include <utility>

#include "sw/graph/operation_graph.h"
#include "sw/graph/transformer_section.h"
#include "tests/support/reference_operations.h"
#include "tests/support/reference_optimizer.h"

namespace weft::test {

/// Deterministic; one thread.
class GraphReference {
 public:
  /// `graph` is checked() and has one output; for Dropout see set_dropout(); `parameters`: one for each of its
  /// operations' parameters, by name, dense. Throws std::invalid_argument for parameters that are missing, or of
  /// another size.
  GraphReference(sw::OperationGraph graph, Tensors parameters, ReferenceOptimizer optimizer = {});

  /// `inputs`, of this and of what follows: the graph's, [features][tokens] each; tokens in whole sequences. Labels
  /// below 0 are none. Every tensor of the forward pass, the inputs among them.
  Tensors forward(const Tensors& inputs) const;
  /// Mean over the tokens that have labels.
  double loss(const Tensors& inputs) const;
  /// Of that mean, by the names of the backward graph: "d.fc1.weight"; with the deltas, "d.fc1", which are of the sum.
  Tensors backward(const Tensors& inputs) const;
  /// One step of the optimizer; the loss before it.
  double step(const Tensors& inputs);

  const Tensors& parameters() const { return parameters_; }
  /// What an operation Dropout multiplies an element with, in the step that comes after `step` others; zero: dropped.
  using DropoutFactor = std::function<double(const sw::Operation&, int step, std::size_t feature, std::size_t token)>;
  void set_dropout(DropoutFactor factor) { dropout_ = std::move(factor); }
  /// Learning rate of the steps to come.
  void set_rate(double rate) { optimizer_.rate = rate; }

 private:
  struct Mean {
    double loss, count;
  };
  /// The sum of the means of all losses, and how many tokens have a label.
  Mean mean_loss(const Tensors& values) const;
  double labelled(const sw::Operation& loss, const Tensors& values) const;
  /// Gradients of shared parameters to their owners'.
  void add_shared(Tensors& values) const;
  /// Adds what the graph makes to `values`; deltas and gradients are of the sum over tokens.
  void run(const sw::OperationGraph& graph, Tensors& values) const;
  /// Elements of a tensor that an operation makes.
  std::size_t size_of(const sw::Operation& operation, const std::string& made, std::size_t tokens) const;

  sw::OperationGraph graph_, backward_;
  Tensors parameters_;
  ReferenceOptimizer optimizer_;
  DropoutFactor dropout_;
  std::map<std::string, std::size_t> features_;  ///< of each tensor of the forward pass
  std::map<std::string, std::size_t> places_;    ///< of operations of the forward pass
  std::map<std::string, ReferenceOptimizer::Moments> moments_;
  int steps_ = 0;
};

/// What a transformer reads: of each token its word and its position, and its label. `tokens` and `labels`: sequences
/// of model.sequence_length behind one another.
Tensors token_inputs(const sw::TransformerConfig& model, const std::vector<int>& tokens,
                     const std::vector<int>& labels);

}  // namespace weft::test
