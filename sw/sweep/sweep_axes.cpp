#include "sw/sweep/sweep_axes.h"

#include <fmt/format.h>

namespace weft::sw {

namespace {

struct Axis {
  std::string key;
  std::vector<std::string> values;
};

std::vector<Axis> axes_of(const YAML::Node& section, const SweepErrors& refuse) {
  std::vector<Axis> axes;
  for (const auto& [key, node] : sweep_leaves(section, refuse)) {
    Axis axis{key, {}};
    if (node.IsSequence()) {
      for (const YAML::Node& value : node) axis.values.push_back(sweep_text(value));
    }
    if (axis.values.empty()) refuse(node, fmt::format("{}: expected a list of values, e.g. [1, 2, 4]", key));
    axes.push_back(std::move(axis));
  }
  return axes;
}

std::vector<AxisPlace> grid(const std::vector<Axis>& axes) {
  std::vector<AxisPlace> places(1);
  for (const Axis& axis : axes) {
    std::vector<AxisPlace> longer;
    for (const AxisPlace& place : places)
      for (const std::string& value : axis.values) {
        longer.push_back(place);
        longer.back().emplace_back(axis.key, value);
      }
    places = std::move(longer);
  }
  return places;
}

std::vector<AxisPlace> zip(const YAML::Node& node, const std::vector<Axis>& axes, const SweepErrors& refuse) {
  std::vector<AxisPlace> places(axes.front().values.size());
  for (const Axis& axis : axes) {
    if (axis.values.size() != places.size()) {
      refuse(node, fmt::format("zip: {} has {} values, {} has {}; they go side by side", axis.key, axis.values.size(),
                               axes.front().key, places.size()));
      return {};
    }
    for (std::size_t row = 0; row < places.size(); ++row) places[row].emplace_back(axis.key, axis.values[row]);
  }
  return places;
}

std::vector<AxisPlace> list(const YAML::Node& node, const SweepErrors& refuse) {
  std::vector<AxisPlace> places;
  if (!node.IsSequence()) refuse(node, "list: expected a list of places, e.g. [{}, {num_csx: 4}]");
  for (const YAML::Node& row : node) {
    AxisPlace place;
    for (const auto& [key, value] : sweep_leaves(row, refuse)) place.emplace_back(key, sweep_text(value));
    places.push_back(std::move(place));
  }
  return places;
}

}  // namespace

std::string sweep_text(const YAML::Node& value) {
  if (value.IsScalar()) return value.Scalar();
  YAML::Emitter out;
  out << YAML::Flow << value;
  return out.c_str();
}

std::vector<std::pair<std::string, YAML::Node>> sweep_leaves(const YAML::Node& section, const SweepErrors& refuse) {
  std::vector<std::pair<std::string, YAML::Node>> leaves;
  if (!section.IsMap()) {
    refuse(section, "expected keys and values, e.g. {num_csx: 4}");
    return leaves;
  }
  for (const auto& entry : section) {
    const auto key = entry.first.as<std::string>();
    if (!entry.second.IsMap()) {
      leaves.emplace_back(key, entry.second);
      continue;
    }
    for (auto& [inner, node] : sweep_leaves(entry.second, refuse)) leaves.emplace_back(key + "." + inner, node);
  }
  return leaves;
}

std::vector<AxisPlace> axis_places(const YAML::Node& entry, const SweepErrors& refuse) {
  const std::string allowed = "an axis is one of grid, zip, list, e.g. - grid: {num_csx: [1, 2, 4]}";
  if (!entry.IsMap() || entry.size() != 1) {
    refuse(entry, allowed);
    return {};
  }
  const auto kind = entry.begin()->first.as<std::string>();
  const YAML::Node node = entry.begin()->second;
  if (kind == "list") return list(node, refuse);
  if (kind != "grid" && kind != "zip") {
    refuse(entry, fmt::format("'{}': {}", kind, allowed));
    return {};
  }
  const std::vector<Axis> axes = axes_of(node, refuse);
  if (axes.empty()) return {};
  return kind == "grid" ? grid(axes) : zip(node, axes, refuse);
}

}  // namespace weft::sw
