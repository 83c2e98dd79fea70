#pragma once
// The axes of a sweep file: grid, zip and list.
#include <functional>
#include <string>
#include <vector>

#include "sw/sweep/sweep_file.h"
#include "tlm/base/yaml_tree.h"

namespace weft::sw {

/// What one place along an axis sets.
using AxisPlace = std::vector<SweepValue>;

/// Notes an error at a value.
using SweepErrors = std::function<void(const YamlTree&, const std::string&)>;

/// A key with its dots, and its value in the file.
using SweepLeaf = std::pair<std::string, const YamlTree*>;

/// `set: {a: {b: 1}}` and `set.a.b: 1` are the same; the leaves of a section in the order of the file, with their
/// nodes.
std::vector<SweepLeaf> sweep_leaves(const YamlTree& section, const SweepErrors& refuse);

/// A value as `weft train` takes it.
std::string sweep_text(const YamlTree& value);

/// The places of one entry of `axes`: all combinations of a grid, the last key fastest; the rows of a zip; a list's
/// own, which may set different keys, or none. Empty after an error.
std::vector<AxisPlace> axis_places(const YamlTree& entry, const SweepErrors& refuse);

}  // namespace weft::sw
