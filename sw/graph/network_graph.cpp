#include "sw/graph/network_graph.h"

#include <fmt/format.h>

#include "sw/graph/operation_types.h"

namespace weft::sw {

OperationGraph network_graph(const NetworkConfig& network) {
  OperationGraph graph{{{"samples", network.input_features}, {"labels", 1}}, {}, {"loss"}};
  std::string last = "samples";
  const auto append = [&graph, &last](const std::string& type, const std::string& name,
                                      std::map<std::string, double> attributes) {
    graph.operations.push_back({type, name, {last}, {name}, std::move(attributes)});
    last = name;
  };
  const std::vector<double>& zeros = network.sparsity.of_layers;
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

}  // namespace weft::sw
