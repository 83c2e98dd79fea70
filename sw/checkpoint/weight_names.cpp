#include "sw/checkpoint/weight_names.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

namespace weft::sw {

namespace {

constexpr const char* own_prefix = "model.";

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

using Items = std::map<std::string, const Hdf5Item*>;

/// Prefixes behind which every needed tensor stands, the preferred first.
std::vector<std::string> whole_prefixes(const Items& items, const std::vector<NeededWeight>& needed) {
  std::set<std::string> candidates;
  const std::string first = needed.front().layer + "." + needed.front().tensor;
  for (const auto& [name, item] : items)
    if (name == first || ends_with(name, "." + first)) candidates.insert(name.substr(0, name.size() - first.size()));
  std::vector<std::string> whole;
  for (const std::string& prefix : candidates)
    if (std::all_of(needed.begin(), needed.end(), [&](const NeededWeight& weight) {
          return items.count(prefix + weight.layer + "." + weight.tensor) > 0;
        }))
      whole.push_back(prefix);
  std::stable_partition(whole.begin(), whole.end(), [](const std::string& prefix) { return prefix.empty(); });
  std::stable_partition(whole.begin(), whole.end(), [](const std::string& prefix) { return prefix == own_prefix; });
  return whole;
}

/// A stem with its last number apart: "net.layers.12" is {"net.layers.#", 12}.
std::pair<std::string, std::optional<std::uint64_t>> numbered(const std::string& stem) {
  constexpr std::size_t most_digits = 9;
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const auto last = std::find_if(stem.rbegin(), stem.rend(), is_digit).base();
  auto first = last;
  while (first != stem.begin() && is_digit(*(first - 1))) --first;
  const std::string digits(first, last);
  if (digits.empty() || digits.size() > most_digits) return {stem, {}};
  return {std::string(stem.begin(), first) + "#" + std::string(last, stem.end()), std::stoull(digits)};
}

/// Stems of the weights in the order of their numbers; empty where that order is not plain.
std::vector<std::string> stems_in_order(const Items& items) {
  std::vector<std::pair<std::uint64_t, std::string>> with_number;
  std::vector<std::string> without, stems;
  std::set<std::string> patterns;
  const std::string weight = ".weight";
  for (const auto& [name, item] : items) {
    if (!ends_with(name, weight)) continue;
    const std::string stem = name.substr(0, name.size() - weight.size());
    const auto [pattern, number] = numbered(stem);
    if (number) {
      with_number.emplace_back(*number, stem);
      patterns.insert(pattern);
    } else {
      without.push_back(stem);
    }
  }
  if (patterns.size() != 1 || without.size() > 1) return {};
  std::sort(with_number.begin(), with_number.end());
  for (auto& [number, stem] : with_number) stems.push_back(std::move(stem));
  stems.insert(stems.end(), without.begin(), without.end());
  return stems;
}

}  // namespace

WeightNames weight_names(const std::vector<Hdf5Item>& items, const std::vector<NeededWeight>& needed) {
  Items by_name;
  for (const Hdf5Item& item : items)
    if (item.kind == Hdf5Item::Kind::real) by_name.emplace(item.name(), &item);
  WeightNames names;
  const std::vector<std::string> prefixes = whole_prefixes(by_name, needed);
  const bool plain =
      !prefixes.empty() && (prefixes.size() == 1 || prefixes.front().empty() || prefixes.front() == own_prefix);
  names.prefix = plain ? prefixes.front() : own_prefix;
  for (const NeededWeight& weight : needed) names.of[weight.name()] = names.prefix + weight.layer + "." + weight.tensor;
  if (plain) return names;
  const std::vector<std::string> stems = stems_in_order(by_name);
  std::map<std::string, std::string> by_number;
  std::size_t layers = 0, biases = 0;
  for (std::size_t index = 0; index < needed.size(); ++index) {
    layers += index == 0 || needed[index].layer != needed[index - 1].layer;
    if (layers > stems.size()) return names;
    const std::string name = stems[layers - 1] + "." + needed[index].tensor;
    const auto item = by_name.find(name);
    if (item == by_name.end() || item->second->shape != needed[index].shape) return names;
    by_number[needed[index].name()] = name;
    biases += needed[index].tensor == "bias";
  }
  const auto in_file = std::count_if(stems.begin(), stems.end(),
                                     [&](const std::string& stem) { return by_name.count(stem + ".bias") > 0; });
  if (layers != stems.size() || static_cast<std::size_t>(in_file) != biases) return names;
  names.of = std::move(by_number);
  names.by_number = true;
  return names;
}

}  // namespace weft::sw
