#pragma once
// Values of a product of attention on all heads and sequences of a lane: bits of the PEs' programs (a NaN stays one).
#include "hw/fabric/head_grid.h"
#include "hw/wafer/region_memory.h"
#include "tlm/base/half.h"
#include "tlm/base/thread_pool.h"

namespace weft::hw {

/// In the rectangle of each head and sequence, over its keys k, tokens t and features f:
///
///   kernel             stream          resident         result
///   attention_scores   keys [f][k]     vectors [f][t]   [k][t] = sum over f, fp32: a partial sum for each row of the
///                                                       rectangle, added up from its last row to its first
///   attention_values   keys [f][k]     scores [k][t]    [f][t] = sum over k, one behind the other; half
///   attention_keys     scores [k][t]   vectors [f][t]   [f][k] = sum over t, half: a partial sum for each column,
///                                                       added up from the last column to the first
///
/// With grouped queries t are the tokens of each head of them: the vectors of scores and keys and the result of values
/// are [f][queries][tokens], scores [k][queries][tokens]; a sum over t takes a column's tokens of one head behind those
/// of another.
///
/// Where the grid skips what a mask leaves out, a key's round has the tokens of its windows alone. Precondition: scores
/// that are read are 0 outside of them; those that are made there are anything.
///
/// On one tile of keys (HeadShape::tiles) k are the tile's: features of keys are read, and written, in their places,
/// and a head's scores are the first rows of its own. Then attention_values begins with `sums` (null: 0), which may be
/// the result, and attention_values_tile leaves its sums in fp32.
///
/// Operands are values that halves of `format` can hold. Blocks are those of the whole lane: [f] of it is
/// shape().features(), [k][t] is [shape().keys()][tokens], and [f][k] stands as [f][t], a sequence's keys in the place
/// of its tokens. A block may have more rows behind these (the ones of the bias), which are neither read nor written.
/// Precondition: `kind` is attention's, blocks are of these sizes, `result` is none of the operands. Bits do not depend
/// on the threads. Returns what rounding to halves did.
HalfLosses attention_values(KernelKind kind, HalfFormat format, const HeadGrid& grid, const FeatureBlock& stream,
                            const FeatureBlock& resident, FeatureBlock& result, ThreadPool& pool,
                            const FeatureBlock* sums = nullptr);

}  // namespace weft::hw
