#include "hw/fabric/launch_windows.h"

#include <algorithm>

#include "hw/fabric/launch_map.h"
#include "hw/fabric/token_order.h"

namespace weft::hw {

namespace {

const Owners& key_owners(const LaunchMap& map) { return map.lines_are_rows ? map.stream_owners : map.sum_owners; }

}  // namespace

int key_of(const LaunchMap& map, int round) {
  const Owners& owners = key_owners(map);
  return TokenOrder(owners.rounds, owners.lines, owners.rounds).number_at(round);
}

LaunchWindows windows_of(const LaunchMap& map, const AttentionMask& mask, int queue) {
  const std::vector<int>& tokens = map.lines_are_rows ? map.elements : map.wavelets;
  const int columns = key_owners(map).lines;
  std::vector<TokenWindow> windows;
  for (int round = 0; round < map.rounds; ++round) {
    const int key = key_of(map, round);
    for (int column = 0; column < columns; ++column) {
      const int held = tokens[static_cast<std::size_t>(column)];
      // Tokens of the column before `token` of the sequence.
      const auto before = [&](int token) {
        return std::clamp(static_cast<int>(ceil_div(std::max(token - column, 0), columns)), 0, held);
      };
      int first = mask.causal ? before(key) : 0, end = mask.reach > 0 ? before(key + mask.reach) : held;
      if (mask.length > 0) end = key < mask.length ? std::min(end, before(mask.length)) : first;
      end = std::max(first, end);
      const int least = map.lines_are_rows ? std::min(held, queue) : 0;
      first = std::min(first, held - least);
      end = std::max(end, first + least);
      windows.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(end - first)});
    }
  }
  return {columns, std::move(windows)};
}

}  // namespace weft::hw
