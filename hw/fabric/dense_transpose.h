#pragma once
#include <algorithm>
#include <cstddef>

namespace weft::hw {

/// to[n][m] = from[m][n], in blocks that stay in cache. Row-major, `stride` elements from row to row of `from`, no
/// padding in `to`; the arrays do not overlap.
inline void transpose(const float* from, int stride, int m, int n, float* to) {
  constexpr int block = 16;
  for (int row = 0; row < m; row += block)
    for (int column = 0; column < n; column += block)
      for (int r = row; r < std::min(row + block, m); ++r)
        for (int c = column; c < std::min(column + block, n); ++c)
          to[static_cast<std::ptrdiff_t>(c) * m + r] = from[static_cast<std::ptrdiff_t>(r) * stride + c];
}

/// The same without padding in `from`.
inline void transpose(const float* from, int m, int n, float* to) { transpose(from, n, m, n, to); }

}  // namespace weft::hw
