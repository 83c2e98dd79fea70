#pragma once
// The backward pass of a model as a graph of its own.
#include "sw/graph/operation_graph.h"
#include "sw/graph/operation_types.h"

namespace weft::sw {

/// Delta of tensor x: "d.x"; gradient of parameter w: "d.w".
std::string delta_name(const std::string& tensor);
/// What an operation adds to a parameter's gradient: "d.w", or where it shares w, "d.w.by." and its name.
std::string gradient_name(const Operation& operation, const Parameter& parameter);

/// From the losses back: of each operation first the deltas of its inputs, then its parameters' gradient. Operations
/// keep their names and types and have another pass. The deltas that several readers give a tensor are summed by an Add
/// of their own, before the operation that made the tensor. What no parameter stands behind has no delta.
/// Inputs of the result: the tensors of the forward pass that it reads; outputs: the gradients.
/// Precondition: `forward` comes from checked(). A pure function.
OperationGraph backward_graph(const OperationGraph& forward);

}  // namespace weft::sw
