#include "hw/fabric/dense_gemm.h"

#include <algorithm>
#include <cstring>

namespace weft::hw {

namespace {

// 16 lanes of fp32; the compiler splits them where the processor's vectors are narrower.
using Lanes = float __attribute__((vector_size(64)));
constexpr int lane_count = 16;

inline Lanes load(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
inline void store(float* to, Lanes lanes) { std::memcpy(to, &lanes, sizeof lanes); }

inline Lanes fused(float a, Lanes b, Lanes c) {
  Lanes result;
  for (int i = 0; i < lane_count; ++i) result[i] = __builtin_fmaf(a, b[i], c[i]);
  return result;
}

struct Blocks {
  std::vector<int> first, last;   ///< non-empty, in the order of addition
};

/// One tile of Rows x (Vectors * 16) elements of C; the partial sums and the running sums stay in registers.
template <int Rows, int Vectors>
void tile(const float* a, int lda, const float* b, int ldb, float* c, int ldc, const Blocks& blocks, bool continues) {
  Lanes sum[Rows][Vectors];
  for (int row = 0; row < Rows; ++row)
    for (int v = 0; v < Vectors; ++v) sum[row][v] = continues ? load(c + row * static_cast<std::ptrdiff_t>(ldc) + v * lane_count) : Lanes{};
  for (std::size_t block = 0; block < blocks.first.size(); ++block) {
    Lanes partial[Rows][Vectors] = {};
    for (int k = blocks.first[block]; k < blocks.last[block]; ++k) {
      const float* operand = b + static_cast<std::ptrdiff_t>(k) * ldb;
      Lanes vector[Vectors];
      for (int v = 0; v < Vectors; ++v) vector[v] = load(operand + v * lane_count);
      for (int row = 0; row < Rows; ++row) {
        const float scalar = a[row * static_cast<std::ptrdiff_t>(lda) + k];
        for (int v = 0; v < Vectors; ++v) partial[row][v] = fused(scalar, vector[v], partial[row][v]);
      }
    }
    const bool first = block == 0 && !continues;
    for (int row = 0; row < Rows; ++row)
      for (int v = 0; v < Vectors; ++v) sum[row][v] = first ? partial[row][v] : sum[row][v] + partial[row][v];
  }
  for (int row = 0; row < Rows; ++row)
    for (int v = 0; v < Vectors; ++v) store(c + row * static_cast<std::ptrdiff_t>(ldc) + v * lane_count, sum[row][v]);
}

/// A single element, for the columns that fill no vector.
void element(const float* a, const float* b, int ldb, float* c, const Blocks& blocks, bool continues) {
  float sum = *c;
  for (std::size_t block = 0; block < blocks.first.size(); ++block) {
    float partial = 0.0F;
    for (int k = blocks.first[block]; k < blocks.last[block]; ++k) partial = __builtin_fmaf(a[k], b[static_cast<std::ptrdiff_t>(k) * ldb], partial);
    sum = block == 0 && !continues ? partial : sum + partial;
  }
  *c = sum;
}

constexpr int tile_rows = 6, tile_vectors = 2;

void rows_of_strip(const float* a, int lda, const float* b, int ldb, float* c, int ldc, int m, int vectors, const Blocks& blocks, bool continues) {
  int row = 0;
  const auto at = [&](int r) { return c + r * static_cast<std::ptrdiff_t>(ldc); };
  const auto from = [&](int r) { return a + r * static_cast<std::ptrdiff_t>(lda); };
  if (vectors == tile_vectors) {
    for (; row + tile_rows <= m; row += tile_rows) tile<tile_rows, tile_vectors>(from(row), lda, b, ldb, at(row), ldc, blocks, continues);
    for (; row < m; ++row) tile<1, tile_vectors>(from(row), lda, b, ldb, at(row), ldc, blocks, continues);
  } else {
    for (; row + tile_rows <= m; row += tile_rows) tile<tile_rows, 1>(from(row), lda, b, ldb, at(row), ldc, blocks, continues);
    for (; row < m; ++row) tile<1, 1>(from(row), lda, b, ldb, at(row), ldc, blocks, continues);
  }
}

}  // namespace

void chained_gemm(const float* a, int lda, const float* b, int ldb, float* c, int ldc, int m, int n, int k, const std::vector<int>& bounds,
                  BlockOrder order, bool continues, ThreadPool* pool) {
  if (m <= 0 || n <= 0 || k <= 0) return;
  Blocks blocks;
  const int count = static_cast<int>(bounds.size()) - 1;
  for (int step = 0; step < count; ++step) {
    const auto block = static_cast<std::size_t>(order == BlockOrder::ascending ? step : count - 1 - step);
    if (bounds[block] == bounds[block + 1]) continue;
    blocks.first.push_back(bounds[block]);
    blocks.last.push_back(bounds[block + 1]);
  }
  constexpr int strip = tile_vectors * lane_count;
  const int strips = (n + strip - 1) / strip;
  const auto run_strip = [&](int index) {
    const int left = index * strip, right = std::min(left + strip, n), vectors = (right - left) / lane_count;
    if (vectors > 0) rows_of_strip(a, lda, b + left, ldb, c + left, ldc, m, vectors, blocks, continues);
    for (int column = left + vectors * lane_count; column < right; ++column)
      for (int row = 0; row < m; ++row)
        element(a + row * static_cast<std::ptrdiff_t>(lda), b + column, ldb, c + row * static_cast<std::ptrdiff_t>(ldc) + column, blocks, continues);
  };
  if (pool) {
    pool->run(strips, run_strip);
  } else {
    for (int index = 0; index < strips; ++index) run_strip(index);
  }
}

}  // namespace weft::hw
