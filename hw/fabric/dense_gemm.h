#pragma once
// Dense arithmetic of the matrix kernels in the order that their mapping defines, for many PEs at once.
#include <optional>
#include <vector>

#include "tlm/base/half.h"
#include "tlm/base/thread_pool.h"

namespace weft::hw {

enum class BlockOrder { ascending, descending };

/// C[M][N] (+)= A[M][K] * B[K][N], K cut at `bounds` ({0, ..., K}, not decreasing) into blocks, one per PE of a chain.
///   partial(b) = fma(A[m][k], B[k][n], ...) over k ascending within block b, from +0
///   C[m][n]    = ((start + partial(b1)) + partial(b2)) + ...   over the non-empty blocks in the given order
/// start is C as given if `continues`, else the first partial itself (+0 if all blocks are empty). Row-major, `ld*` in
/// elements; C overlaps neither operand. A and B hold values that fp16 can hold: their products are exact in fp32, so a
/// multiply-add rounds once whether or not the processor fuses it. Each element's order of operations is fixed, so
/// neither the processor nor the threads change a bit. NaNs are not made canonical.
/// `half_sums`: a partial sum is rounded to a half of that format after each fma (rtl/ISA.md, "Sums in halves"); what
/// is added to C is it. `pool` null: the caller's thread only.
void chained_gemm(const float* a, int lda, const float* b, int ldb, float* c, int ldc, int m, int n, int k,
                  const std::vector<int>& bounds, BlockOrder order, bool continues, ThreadPool* pool,
                  std::optional<HalfFormat> half_sums = std::nullopt);

}  // namespace weft::hw
