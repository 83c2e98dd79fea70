#pragma once
// A model file's network as a graph.
#include "sw/graph/model_file.h"
#include "sw/graph/operation_graph.h"

namespace weft::sw {

/// A transformer: see transformer_graph.h. A fully connected network: Linear, the activation and (if its probability is
/// not zero) Dropout for each hidden layer fc1, fc2, ...; Linear and SoftmaxCrossEntropy at the end. Reads "samples"
/// and "labels", makes "loss". From precision_opt_level 1 on their products sum halves, forward and in the delta pass,
/// but that of a transformer's output layer. Checked; a pure function.
OperationGraph network_graph(const NetworkConfig& network);

}  // namespace weft::sw
