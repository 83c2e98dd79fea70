#pragma once
// Which of a file's tensors are a network's weights and biases, whatever program wrote and named them.
#include <map>
#include <string>
#include <vector>

#include "sw/checkpoint/hdf5_image.h"

namespace weft::sw {

/// A weight or bias that a network needs, layers in their order.
struct NeededWeight {
  std::string layer, tensor;  ///< fc1, weight
  std::vector<std::int64_t> shape;
  /// As Weft writes it: model.fc1.weight.
  std::string name() const { return "model." + layer + "." + tensor; }
};

struct WeightNames {
  std::map<std::string, std::string>
      of;                  ///< by NeededWeight::name(): name of the file's item; where there is none, its own
  std::string prefix;      ///< before fc1.weight in the file; "model." where nothing fits better
  bool by_number = false;  ///< layers have other names: taken in the order of the numbers in them
};

/// First by name: model.<layer>.<tensor>; the bare <layer>.<tensor>; the same behind another prefix (module., net.
/// ...), if just one has all of them. Else by number: as many <stem>.weight, with <stem>.bias where the layer has one,
/// as there are layers, whose stems differ in one number only (layers.0, layers.2 ...), at most the last without one,
/// and whose shapes in that order are the network's. Names of optimizer state end otherwise and are passed over.
WeightNames weight_names(const std::vector<Hdf5Item>& items, const std::vector<NeededWeight>& needed);

}  // namespace weft::sw
