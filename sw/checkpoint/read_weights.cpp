#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sw/checkpoint/checkpoint.h"
#include "sw/checkpoint/checkpoint_format.h"
#include "sw/checkpoint/hdf5_file.h"
#include "sw/checkpoint/sealed_file.h"
#include "sw/checkpoint/weight_names.h"

namespace weft::sw {

namespace {

struct Place {
  NeededWeight needed;
  std::vector<float>* values;
};

std::vector<Place> places_in(hw::TrainingState& state) {
  std::vector<Place> places;
  for (hw::LayerState& layer : state.layers)
    for (hw::StateTensor& tensor : layer.tensors)
      if (tensor.name == "weight" || tensor.name == "bias")
        places.push_back({{layer.layer, tensor.name, tensor.shape}, &tensor.values});
  return places;
}

bool is_weight_name(const std::string& name) {
  const std::string last = name.substr(name.rfind('.') + 1);
  return last == "weight" || last == "bias";
}

/// A weight or bias beside those that were taken: the model lacks a layer.
std::vector<std::string> left_over(const Hdf5Reader& file, const WeightNames& names) {
  std::set<std::string> taken;
  for (const auto& [own, name] : names.of) taken.insert(name);
  std::vector<std::string> errors;
  for (const std::string& name : file.names())
    if (is_weight_name(name) && name.rfind(names.prefix, 0) == 0 && taken.count(name) == 0)
      errors.push_back(fmt::format("holds {}, which this model does not have", name));
  return errors;
}

}  // namespace

void read_weights(const std::filesystem::path& path, hw::TrainingState& state) {
  const Hdf5Reader file(path, read_sealed(path));
  if (!file.attribute("format").empty()) require_checkpoint(file);
  const std::vector<Place> places = places_in(state);
  std::vector<NeededWeight> needed;
  needed.reserve(places.size());
  for (const Place& place : places) needed.push_back(place.needed);
  const WeightNames names = weight_names(file.items(), needed);
  std::vector<std::string> errors;
  for (const NeededWeight& weight : needed) file.check(names.of.at(weight.name()), weight.shape, errors);
  if (!names.by_number) {
    const std::vector<std::string> more = left_over(file, names);
    errors.insert(errors.end(), more.begin(), more.end());
  }
  file.refuse(errors);
  for (const Place& place : places) *place.values = file.tensor(names.of.at(place.needed.name()), place.needed.shape);
}

bool holds_only_weights(const std::filesystem::path& path) {
  const Hdf5Reader file(path, read_sealed(path));
  if (!file.attribute("format").empty()) return false;
  const std::vector<std::string> names = file.names();
  return std::none_of(names.begin(), names.end(), [](const std::string& name) {
    return name == "global_step" || name.rfind("optimizer.", 0) == 0;
  });
}

}  // namespace weft::sw
