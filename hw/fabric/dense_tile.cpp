#include "hw/fabric/dense_tile.h"

#include <cstring>

#include "hw/fabric/half_lanes.h"

namespace weft::hw::dense {

namespace {

inline Lanes load(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
inline void store(float* to, Lanes lanes) { std::memcpy(to, &lanes, sizeof lanes); }

template <typename Element>
inline Element* place(View<Element> matrix, int row, std::ptrdiff_t vector) {
  return matrix.row(row) + vector * lane_count;
}

/// body(row, vector) for every vector of the tile. An array indexed by them lives in registers only because both loops
/// are unrolled.
template <int Rows, typename Body>
inline void for_each_vector(const Body& body) {
#pragma GCC unroll 6
  for (int row = 0; row < Rows; ++row)
#pragma GCC unroll 2
    for (int vector = 0; vector < tile_vectors; ++vector) body(row, vector);
}

/// Rows of B that are asked for ahead of their use: a row is too far from the next for the processor to guess.
constexpr int rows_ahead = 16;

template <typename Sums, int Rows>
void tile_of(View<const float> a, View<const float> b, View<float> c, const Blocks& blocks, bool continues) {
  Lanes sum[Rows][tile_vectors], partial[Rows][tile_vectors];
  // In front of the first partial sum it changes no bit of it.
  for_each_vector<Rows>([&](int row, int v) { sum[row][v] = continues ? load(place(c, row, v)) : -Lanes{}; });
  for (const Block& block : blocks) {
    for_each_vector<Rows>([&](int row, int v) { partial[row][v] = Lanes{}; });
    for (int k = block.first; k < block.last; ++k) {
      Lanes factor[tile_vectors];
      for_each_vector<1>([&](int, int v) {
        factor[v] = load(place(b, k, v));
        __builtin_prefetch(place(b, k + rows_ahead, v));
      });
      for_each_vector<Rows>(
          [&](int row, int v) { partial[row][v] = Sums::rounded(a.row(row)[k] * factor[v] + partial[row][v]); });
    }
    for_each_vector<Rows>([&](int row, int v) { sum[row][v] += partial[row][v]; });
  }
  // As if the place of C were new: else the compiler holds all its addresses throughout, and vectors lack registers.
  asm("" : "+r"(c.data), "+r"(c.stride));
  for_each_vector<Rows>([&](int row, int v) { store(place(c, row, v), sum[row][v]); });
}

template <typename Sums>
void tile_of(int rows, View<const float> a, View<const float> b, View<float> c, const Blocks& blocks, bool continues) {
  switch (rows) {
    case 1:
      return tile_of<Sums, 1>(a, b, c, blocks, continues);
    case 2:
      return tile_of<Sums, 2>(a, b, c, blocks, continues);
    case 3:
      return tile_of<Sums, 3>(a, b, c, blocks, continues);
    case 4:
      return tile_of<Sums, 4>(a, b, c, blocks, continues);
    case 5:
      return tile_of<Sums, 5>(a, b, c, blocks, continues);
    default:
      return tile_of<Sums, tile_rows>(a, b, c, blocks, continues);
  }
}

}  // namespace

void tile(int rows, View<const float> a, View<const float> b, View<float> c, const Blocks& blocks, bool continues,
          std::optional<HalfFormat> half_sums) {
  if (!half_sums) return tile_of<FloatLanes>(rows, a, b, c, blocks, continues);
  with_half(*half_sums, [&](auto half) { tile_of<HalfLanes<decltype(half)>>(rows, a, b, c, blocks, continues); });
}

}  // namespace weft::hw::dense
