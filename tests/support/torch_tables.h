#pragma once
// What PyTorch's schedulers, optimizers and clipping give: tests/unit/data/torch_tables.json.
#include <string>
#include <vector>

namespace weft::test {

struct TorchRates {
  std::string learning_rate;  ///< in YAML
  std::vector<double> rates;  ///< of steps 0, 1, ...
};

struct TorchWeights {
  std::string optimizer;  ///< in YAML
  std::vector<double> weights;
};

struct TorchClipped {
  double max_norm, max_value, norm;  ///< 0: not clipped by it
  std::vector<double> gradients;
};

struct TorchTables {
  std::vector<TorchRates> rates;
  /// `weights` are three, after a step for each of the gradients.
  std::vector<double> start;
  std::vector<std::vector<double>> step_gradients;
  std::vector<TorchWeights> weights;
  /// Gradients of two tensors together, one after the other.
  std::vector<double> unclipped;
  std::vector<TorchClipped> clipped;
};

/// Read once. Throws if the file lacks a key, or has an empty table.
const TorchTables& torch_tables();

}  // namespace weft::test
