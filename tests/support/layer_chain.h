#pragma once
// Layers one behind the other, as a model for the planner.
#include <algorithm>

#include "sw/compiler/matched_model.h"

namespace weft::test {

/// Behind each but the last stands its activation, or a ReLU.
inline sw::MatchedModel layer_chain(const std::vector<hw::MatrixLayer>& layers) {
  sw::OperationGraph graph{{{"samples", layers.front().inputs}, {"labels", 1}}, {}, {"loss"}};
  std::string last = "samples";
  const auto append = [&](const std::string& type, const std::string& name, std::map<std::string, double> attributes) {
    graph.operations.push_back({type, name, {last}, {name}, std::move(attributes)});
    last = name;
  };
  for (const hw::MatrixLayer& layer : layers) {
    append("Linear", layer.name, {{"features", layer.outputs}, {"bias", layer.bias ? 1 : 0}});
    if (&layer == &layers.back()) break;
    append(layer.activation.empty() ? "ReLU" : layer.activation, layer.name + ".activation", {});
    if (layer.dropout > 0) append("Dropout", layer.name + ".dropout", {{"probability", layer.dropout}});
  }
  append("SoftmaxCrossEntropy", "loss", {});
  graph.operations.back().inputs.emplace_back("labels");
  sw::MatchedModel model = sw::matched_model(sw::checked(std::move(graph)));
  model.layers = layers;
  return model;
}

/// What a chain of the job's layers needs on the wafer.
inline void place_tensors(hw::Job& job) {
  const sw::MatchedModel model = layer_chain(job.layers);
  job.tensors = model.tensors;
  job.activations = model.activations;
}

/// Layers and their tensors, without launches.
inline hw::Job job_of_chain(std::vector<hw::MatrixLayer> layers) {
  hw::Job job;
  job.layers = std::move(layers);
  place_tensors(job);
  return job;
}

/// The first one of that kernel and layer. Precondition: there is one.
inline hw::Launch launch_of_chain(const std::vector<hw::MatrixLayer>& layers, hw::KernelKind kind, int layer) {
  const std::vector<hw::Launch> all = sw::train_launches(layer_chain(layers), false, static_cast<int>(layers.size()));
  return *std::find_if(all.begin(), all.end(),
                       [&](const hw::Launch& launch) { return launch.kind == kind && launch.layer == layer; });
}

}  // namespace weft::test
