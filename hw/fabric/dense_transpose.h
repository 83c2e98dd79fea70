#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weft::hw {

namespace dense {

/// Four by four words, turned in registers.
inline void turn(const char* from, std::ptrdiff_t from_stride, char* to, std::ptrdiff_t to_stride) {
  using Words = std::uint32_t __attribute__((vector_size(16)));
  Words row[4];
  for (int r = 0; r < 4; ++r) std::memcpy(&row[r], from + r * from_stride, sizeof(Words));
  const Words first{0, 4, 1, 5}, second{2, 6, 3, 7}, low{0, 1, 4, 5}, high{2, 3, 6, 7};
  const Words a = __builtin_shuffle(row[0], row[1], first), b = __builtin_shuffle(row[2], row[3], first),
              c = __builtin_shuffle(row[0], row[1], second), d = __builtin_shuffle(row[2], row[3], second);
  const Words turned[4] = {__builtin_shuffle(a, b, low), __builtin_shuffle(a, b, high), __builtin_shuffle(c, d, low),
                           __builtin_shuffle(c, d, high)};
  for (int r = 0; r < 4; ++r) std::memcpy(to + r * to_stride, &turned[r], sizeof(Words));
}

/// transpose() of words of 32 bits, whatever they are.
inline void transpose_words(const void* from, int stride, int m, int n, void* to) {
  constexpr std::ptrdiff_t word = 4;
  const auto* source = static_cast<const char*>(from);
  auto* target = static_cast<char*>(to);
  constexpr int tile = 4, block = 16;  // blocks stay in cache
  const int rows = m / tile * tile, columns = n / tile * tile;
  const auto one = [&](int r, int c) {
    std::memcpy(target + (static_cast<std::ptrdiff_t>(c) * m + r) * word,
                source + (static_cast<std::ptrdiff_t>(r) * stride + c) * word, word);
  };
  for (int row = 0; row < rows; row += block)
    for (int column = 0; column < columns; column += block)
      for (int c = column; c < std::min(column + block, columns); c += tile)
        for (int r = row; r < std::min(row + block, rows); r += tile)
          turn(source + (static_cast<std::ptrdiff_t>(r) * stride + c) * word, stride * word,
               target + (static_cast<std::ptrdiff_t>(c) * m + r) * word, m * word);
  for (int r = 0; r < m; ++r)
    for (int c = r < rows ? columns : 0; c < n; ++c) one(r, c);
}

}  // namespace dense

/// to[n][m] = from[m][n]. Row-major, `stride` elements from row to row of `from`, no padding in `to`; the arrays do not
/// overlap.
inline void transpose(const float* from, int stride, int m, int n, float* to) {
  dense::transpose_words(from, stride, m, n, to);
}
/// The same without padding in `from`.
inline void transpose(const float* from, int m, int n, float* to) { transpose(from, n, m, n, to); }

}  // namespace weft::hw
