#pragma once
// How many broadcast-reduce nodes stand between MemoryX and the systems.
#include <algorithm>
#include <vector>

#include "tlm/base/units.h"

namespace weft::hw {

/// Nodes per level of one lane's tree, level 0 next to the systems, the last level is the root alone.
/// Children are dealt out in order, `fan_out` to each node, the last node of a level may have fewer.
/// Preconditions: systems >= 1, fan_out >= 2. One system still passes one node.
inline std::vector<int> swarmx_levels(int systems, int fan_out) {
  std::vector<int> levels;
  int below = systems;
  do {
    below = static_cast<int>(ceil_div(below, fan_out));
    levels.push_back(below);
  } while (below > 1);
  return levels;
}

/// Children of node `node` of a level with `below` systems or nodes under it.
inline int swarmx_children(int below, int fan_out, int node) { return std::min(fan_out, below - node * fan_out); }

}  // namespace weft::hw
