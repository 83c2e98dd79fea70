#pragma once
// How an axis of a tensor is laid over the lines of a rectangle: balanced, contiguous, the first
// (n mod lines) lines get one more.
#include <algorithm>
#include <vector>

namespace weft::hw {

/// First element of line `line` when `n` elements lie over `lines` lines. split_first(n, lines, lines) == n.
constexpr int split_first(int n, int lines, int line) {
  const int base = n / lines, more = n % lines;
  return line * base + (line < more ? line : more);
}

/// Elements of line `line`.
constexpr int split_count(int n, int lines, int line) {
  return split_first(n, lines, line + 1) - split_first(n, lines, line);
}

/// The line that holds element `index`; 0 <= index < n.
constexpr int split_line(int n, int lines, int index) {
  const int base = n / lines, more = n % lines, wide = more * (base + 1);
  return index < wide ? index / (base + 1) : more + (index - wide) / base;
}

/// All lines + 1 boundaries: {0, ..., n}.
inline std::vector<int> split_bounds(int n, int lines) {
  std::vector<int> bounds(static_cast<std::size_t>(lines) + 1);
  for (int line = 0; line <= lines; ++line) bounds[static_cast<std::size_t>(line)] = split_first(n, lines, line);
  return bounds;
}

}  // namespace weft::hw
