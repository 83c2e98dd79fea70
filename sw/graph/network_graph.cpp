#include "sw/graph/network_graph.h"

#include <fmt/format.h>

#include "sw/graph/operation_types.h"
#include "sw/graph/transformer_graph.h"

namespace weft::sw {

namespace {

OperationGraph fully_connected_graph(const FullyConnectedConfig& network, const std::vector<double>& zeros) {
  OperationGraph graph{{{"samples", network.input_features}, {"labels", 1}}, {}, {"loss"}};
  std::string last = "samples";
  const auto append = [&graph, &last](const std::string& type, const std::string& name,
                                      std::map<std::string, double> attributes) {
    graph.operations.push_back({type, name, {last}, {name}, std::move(attributes)});
    last = name;
  };
  const std::size_t hidden = network.hidden_sizes.size();
  for (std::size_t index = 0; index <= hidden; ++index) {
    const std::string layer = fmt::format("fc{}", index + 1);
    append("Linear", layer,
           {{"features", index < hidden ? network.hidden_sizes[index] : network.num_classes},
            {"sparsity", zeros.empty() ? 0 : zeros[index]}});
    if (!network.bias) graph.operations.back().attributes["bias"] = 0;
    if (index == hidden) break;
    append(network.activation, layer + "." + find_operation_type(network.activation)->activation_fn.front(), {});
    if (network.dropout > 0) append("Dropout", layer + ".dropout", {{"probability", network.dropout}});
  }
  append("SoftmaxCrossEntropy", "loss", {});
  graph.operations.back().inputs.emplace_back("labels");
  return checked(std::move(graph));
}

OperationGraph graph_of(const NetworkConfig& network) {
  if (const TransformerConfig* transformer = network.transformer()) return transformer_graph(*transformer);
  return fully_connected_graph(*network.fully_connected(), network.sparsity.of_layers);
}

}  // namespace

OperationGraph network_graph(const NetworkConfig& network) {
  OperationGraph graph = graph_of(network);
  if (network.precision_opt_level == 0) return graph;
  for (Operation& operation : graph.operations) {
    if (operation.type != "Linear" && operation.type != "Embedding") continue;
    operation.attributes["half_sums_forward"] = 1;
    // The published transformers ask for level 0 there: a sum over the whole vocabulary.
    operation.attributes["half_sums_backward"] = network.transformer() && operation.name == "lm_head" ? 0 : 1;
  }
  return graph;
}

}  // namespace weft::sw
