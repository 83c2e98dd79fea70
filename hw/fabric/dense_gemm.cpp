#include "hw/fabric/dense_gemm.h"

#include <algorithm>
#include <cstdint>

#include "hw/fabric/dense_tile.h"
#include "hw/fabric/split.h"

namespace weft::hw {

namespace {

/// Below so many multiply-adds waking another thread takes longer than it saves.
constexpr std::int64_t parallel_work = 1 << 20;
/// Rows from which a strip of B is read so often that copying it together pays.
constexpr int rows_to_pack = 3 * dense::tile_rows;

dense::Blocks blocks_in_order(const std::vector<int>& bounds, BlockOrder order) {
  dense::Blocks blocks;
  for (std::size_t block = 0; block + 1 < bounds.size(); ++block)
    if (bounds[block] < bounds[block + 1]) blocks.push_back({bounds[block], bounds[block + 1]});
  if (order == BlockOrder::descending) std::reverse(blocks.begin(), blocks.end());
  return blocks;
}

void copy_columns(dense::View<const float> from, int rows, int columns, dense::View<float> to) {
  for (int row = 0; row < rows; ++row) std::copy_n(from.row(row), columns, to.row(row));
}

/// A strip of B or of C in a place of its own, at full width: the columns that it lacks are zero.
dense::View<float> packed(dense::View<const float> from, int rows, int columns, std::vector<dense::Line>& place) {
  place.resize(static_cast<std::size_t>(rows) * dense::tile_vectors);
  const dense::View<float> to{place.front().lanes, dense::strip_columns};
  copy_columns(from, rows, columns, to);
  for (int row = 0; row < rows; ++row) std::fill(to.row(row) + columns, to.row(row + 1), 0.0F);
  return to;
}

/// C of one strip of at most strip_columns columns; `k` rows of B.
void strip(dense::View<const float> a, dense::View<const float> b, dense::View<float> c, int m, int columns, int k,
           const dense::Blocks& blocks, bool continues, std::optional<HalfFormat> half_sums) {
  std::vector<dense::Line> place_of_b, place_of_c;
  const bool whole = columns == dense::strip_columns;
  if (!whole || m >= rows_to_pack) b = packed(b, k, columns, place_of_b).as_const();
  const dense::View<float> sums = whole ? c : packed(c.as_const(), m, columns, place_of_c);
  const int tiles = (m + dense::tile_rows - 1) / dense::tile_rows;
  for (int tile = 0; tile < tiles; ++tile) {
    const int row = split_first(m, tiles, tile);
    dense::tile(split_count(m, tiles, tile), a.from_row(row), b, sums.from_row(row), blocks, continues, half_sums);
  }
  if (!whole) copy_columns(sums.as_const(), m, columns, c);
}

}  // namespace

void chained_gemm(const float* a, int lda, const float* b, int ldb, float* c, int ldc, int m, int n, int k,
                  const std::vector<int>& bounds, BlockOrder order, bool continues, ThreadPool* pool,
                  std::optional<HalfFormat> half_sums) {
  if (m <= 0 || n <= 0) return;
  const dense::View<float> result{c, ldc};
  const dense::Blocks blocks = blocks_in_order(bounds, order);
  if (blocks.empty()) {
    for (int row = 0; row < m && !continues; ++row) std::fill_n(result.row(row), n, 0.0F);
    return;
  }
  const bool alone = pool == nullptr || static_cast<std::int64_t>(m) * n * k < parallel_work;
  const int strips = (n + dense::strip_columns - 1) / dense::strip_columns;
  const int wanted = alone ? 1 : (2 * pool->threads() + strips - 1) / strips;
  const int groups = std::clamp(m / rows_to_pack, 1, wanted);
  const auto part = [&](int index) {
    const int group = index / strips, row = split_first(m, groups, group),
              column = index % strips * dense::strip_columns;
    strip({a + static_cast<std::ptrdiff_t>(row) * lda, lda}, {b + column, ldb}, {result.row(row) + column, ldc},
          split_count(m, groups, group), std::min(dense::strip_columns, n - column), k, blocks, continues, half_sums);
  };
  if (alone) {
    for (int index = 0; index < groups * strips; ++index) part(index);
  } else {
    pool->run(groups * strips, part);
  }
}

}  // namespace weft::hw
