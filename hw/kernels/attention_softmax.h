#pragma once
// Softmax over the keys of attention, of a block [keys][tokens] of scores s in fp32, one head of one sequence, and its
// backward pass. See line_kernels.h.
//
// P = softmax over keys of LineSettings::score_scale s. With LineSettings::mask token t attends to some keys, both
// counted in the block: with `causal` and `reach` as they say; with `length`, and without these, to the keys below it,
// whichever token it is. With LineSettings::bias a head's slope times the distance from token to key is taken off scale
// s before all that: as a softmax is the same whatever is added to all of a token's scores, key k gets k slope / scale
// on top of its score, rounded once, k counted from the block's first key. That loses no more than 2^-24 of the largest
// k slope, 6e-5 of 1,024 keys with a slope of 1. Another key has P = +0, whatever its score, and no part in maximum or
// sum; where a token attends to none (a reach, and fewer keys than tokens), all have. Which length it is takes no time.
// Maximum, sum and reciprocal are those of the loss (softmax.h); the scale multiplies what is left of a score less the
// maximum. fp32 inside, P is rounded once, to a half. A token that attends to a NaN or to +infinity, or to -infinity
// alone, has NaN for each key that it attends to.
//
// With LineSettings::windows scores stand in windows, as products that skip store them, and keys and tokens are dealt
// (token_order.h): the softmax lays out what there is, and what the mask leaves says a second table of windows,
// whatever the mask is. Backward the deltas of probabilities come so, but those that dropout has laid out before.
//
// Of grouped queries (LineSettings::queries) a block has each head's scores of a key one behind the other, and is
// worked on as if their tokens were those of one head.
//
// Backward, with P and its delta dP in fp32: dS = scale P (dP - sum over keys of P dP), the delta of the score, which
// is 0 where P is and dP finite; fp32 inside, one sum up the column and back, rounded once, to a half. Reads no mask.
#include "hw/kernels/line_program.h"

namespace weft::hw {

/// Reads values in fp32. Writes P as Operand::kept, in evaluation as well.
LineProgram attention_softmax_program(const LinePe& pe, const LineSettings& settings);
/// Reads that and the deltas in fp32. Writes Operand::score_deltas.
LineProgram attention_softmax_backward_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> attention_softmax_plain(const ProgramLaunch& launch);
std::vector<std::uint32_t> attention_softmax_backward_plain(const ProgramLaunch& launch);
/// Of a tile of keys: the sum over keys of P dP, that of the whole sequence, is row 0's Operand::output_sums.
LineProgram attention_score_deltas_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> attention_score_deltas_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
