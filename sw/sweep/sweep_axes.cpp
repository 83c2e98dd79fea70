#include "sw/sweep/sweep_axes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weft::sw {

namespace {

struct Axis {
  std::string key;
  std::vector<std::string> values;
};

std::vector<Axis> axes_of(const YamlTree& section, const SweepErrors& refuse) {
  std::vector<Axis> axes;
  for (const auto& [key, node] : sweep_leaves(section, refuse)) {
    Axis axis{key, {}};
    if (node->is_list()) {
      for (const YamlEntry& value : node->entries) axis.values.push_back(sweep_text(value.value));
    }
    if (axis.values.empty()) refuse(*node, fmt::format("{}: expected a list of values, e.g. [1, 2, 4]", key));
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

std::vector<AxisPlace> zip(const YamlTree& node, const std::vector<Axis>& axes, const SweepErrors& refuse) {
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

std::vector<AxisPlace> list(const YamlTree& node, const SweepErrors& refuse) {
  std::vector<AxisPlace> places;
  if (!node.is_list()) refuse(node, "list: expected a list of places, e.g. [{}, {num_csx: 4}]");
  for (const YamlEntry& row : node.entries) {
    AxisPlace place;
    for (const auto& [key, value] : sweep_leaves(row.value, refuse)) place.emplace_back(key, sweep_text(*value));
    places.push_back(std::move(place));
  }
  return places;
}

}  // namespace

std::string sweep_text(const YamlTree& value) {
  if (value.is_scalar()) return value.scalar;
  if (value.is_null()) return "null";
  std::vector<std::string> items;
  for (const YamlEntry& entry : value.entries)
    items.push_back((value.is_map() ? entry.key + ": " : "") + sweep_text(entry.value));
  const std::string inside = fmt::format("{}", fmt::join(items, ","));
  return value.is_map() ? "{" + inside + "}" : "[" + inside + "]";
}

std::vector<SweepLeaf> sweep_leaves(const YamlTree& section, const SweepErrors& refuse) {
  std::vector<SweepLeaf> leaves;
  if (!section.is_map()) {
    refuse(section, "expected keys and values, e.g. {num_csx: 4}");
    return leaves;
  }
  for (const YamlEntry& entry : section.entries) {
    if (!entry.value.is_map()) {
      leaves.emplace_back(entry.key, &entry.value);
      continue;
    }
    for (const auto& [inner, value] : sweep_leaves(entry.value, refuse))
      leaves.emplace_back(entry.key + "." + inner, value);
  }
  return leaves;
}

std::vector<AxisPlace> axis_places(const YamlTree& entry, const SweepErrors& refuse) {
  const std::string allowed = "an axis is one of grid, zip, list, e.g. - grid: {num_csx: [1, 2, 4]}";
  if (!entry.is_map() || entry.entries.size() != 1) {
    refuse(entry, allowed);
    return {};
  }
  const std::string& kind = entry.entries.front().key;
  const YamlTree& node = entry.entries.front().value;
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
