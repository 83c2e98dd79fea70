#include "hw/fabric/launch_windows.h"

#include <algorithm>
#include <numeric>

#include "hw/fabric/launch_map.h"

namespace weft::hw {

namespace {

const Owners& key_owners(const LaunchMap& map) { return map.lines_are_rows ? map.stream_owners : map.sum_owners; }

}  // namespace

KeyNumbers dealt_keys(const LaunchMap& map) {
  const Owners& owners = key_owners(map);
  const TokenOrder keys(owners.rounds, owners.lines, owners.rounds);
  const std::vector<int>& held = map.lines_are_rows ? map.elements : map.wavelets;
  const int tokens = std::accumulate(held.begin(), held.end(), 0);
  KeyNumbers numbers{TokenOrder(tokens, owners.lines, tokens), {}};
  for (int round = 0; round < map.rounds; ++round) numbers.keys.push_back(keys.number_at(round));
  return numbers;
}

LaunchWindows windows_of(const LaunchMap& map, const AttentionMask& mask, int queue, const KeyNumbers& numbers) {
  const std::vector<int>& tokens = map.lines_are_rows ? map.elements : map.wavelets;
  const int columns = key_owners(map).lines;
  std::vector<TokenOrder::Column> numbers_of;
  for (int column = 0; column < columns; ++column) numbers_of.push_back(numbers.order.column(column));
  std::vector<TokenWindow> windows;
  windows.reserve(static_cast<std::size_t>(map.rounds) * numbers_of.size());
  for (int round = 0; round < map.rounds; ++round) {
    const int key = numbers.keys[static_cast<std::size_t>(round)];
    for (int column = 0; column < columns; ++column) {
      const int held = tokens[static_cast<std::size_t>(column)];
      const TokenOrder::Column& of = numbers_of[static_cast<std::size_t>(column)];
      // Tokens of the column before `token` of the sequence.
      const auto before = [&](int token) {
        return std::clamp(static_cast<int>(ceil_div(std::max(token - of.first, 0), of.step)), 0, held);
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
