#pragma once
// Arithmetic of a sparse layer's launch, in the order that its mapping defines. What is not kept is not multiplied: a
// zero times infinity would be NaN.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "hw/fabric/dense_gemm.h"

namespace weft::hw {

/// chained_gemm() over those k of each row m of A for which keeps(m, k). A block without any still adds its +0.
/// `rounded`: what a partial sum becomes after each fma.
template <typename Keeps, typename Rounded>
void masked_gemm(const float* a, int lda, const float* b, int ldb, float* c, int ldc, int m, int n,
                 const std::vector<int>& bounds, BlockOrder order, bool continues, Keeps&& keeps, Rounded&& rounded) {
  const auto blocks = static_cast<int>(bounds.size()) - 1;
  std::vector<float> partial(static_cast<std::size_t>(n));
  for (int row = 0; row < m; ++row) {
    float* sum = c + static_cast<std::ptrdiff_t>(row) * ldc;
    bool first = !continues;
    for (int index = 0; index < blocks; ++index) {
      const auto block = static_cast<std::size_t>(order == BlockOrder::ascending ? index : blocks - 1 - index);
      if (bounds[block] == bounds[block + 1]) continue;
      std::fill(partial.begin(), partial.end(), 0.0F);
      for (int inner = bounds[block]; inner < bounds[block + 1]; ++inner) {
        if (!keeps(row, inner)) continue;
        const float factor = a[static_cast<std::ptrdiff_t>(row) * lda + inner];
        const float* operand = b + static_cast<std::ptrdiff_t>(inner) * ldb;
        for (int column = 0; column < n; ++column)
          partial[static_cast<std::size_t>(column)] =
              rounded(std::fma(factor, operand[column], partial[static_cast<std::size_t>(column)]));
      }
      for (int column = 0; column < n; ++column)
        sum[column] =
            first ? partial[static_cast<std::size_t>(column)] : sum[column] + partial[static_cast<std::size_t>(column)];
      first = false;
    }
    if (first) std::fill_n(sum, n, 0.0F);
  }
}

}  // namespace weft::hw
