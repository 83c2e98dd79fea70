#pragma once
// The innermost part of chained_gemm: a tile of C whose running sums and partial sums all stay in registers.
#include <cstddef>
#include <optional>
#include <vector>

#include "tlm/base/half.h"

namespace weft::hw::dense {

/// fp32 lanes of the widest vector of the processor that is compiled for.
constexpr int lane_count = __BIGGEST_ALIGNMENT__ / static_cast<int>(sizeof(float));
constexpr int tile_vectors = 2;
constexpr int strip_columns = tile_vectors * lane_count;
/// 6 x 2 partial sums, two vectors of B and one element of A: 15 registers of the 16 that the oldest processors have.
constexpr int tile_rows = 6;

/// Storage for one aligned vector.
struct alignas(__BIGGEST_ALIGNMENT__) Line {
  float lanes[lane_count];
  Line() {}  // not zeroed: its maker fills it
};

/// Row-major matrix, `stride` elements from row to row.
template <typename Element>
struct View {
  Element* data;
  std::ptrdiff_t stride;

  Element* row(int index) const { return data + index * stride; }
  View from_row(int index) const { return {row(index), stride}; }
  View<const Element> as_const() const { return {data, stride}; }
};

/// A block of K: its elements [first, last), first < last.
struct Block {
  int first, last;
};
using Blocks = std::vector<Block>;

/// C[rows][strip_columns] (+)= A * B as chained_gemm defines it, blocks in the given order; 1 <= rows <= tile_rows.
void tile(int rows, View<const float> a, View<const float> b, View<float> c, const Blocks& blocks, bool continues,
          std::optional<HalfFormat> half_sums);

}  // namespace weft::hw::dense
