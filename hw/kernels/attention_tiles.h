#pragma once
// Attention in tiles of keys (hw/fabric/tile_keys.h): the line kernels that stand between its products, one head of one
// sequence. Scores of a tile come and go; what stays of a token from tile to tile is, in fp32,
//
//   m  the greatest score so far, no less than the lowest finite number;
//   l  the sum of the powers so far, of exp(scale (s - m));
//   A  of each feature the sum of P V so far.
//
// attention_softmax_tile: m' = max(m, scores s of the tile); P = exp(scale (s - m')), rounded once, to a half; f =
// exp(scale (m - m')); l' = l f + the tile's powers, which are not rounded, f l rounded first. The first tile begins
// with m the lowest finite number and l 0. A key that the token does not attend to has P = +0 and no part in m and l;
// while a token has attended to none m and l stay as they began and P is +0, and the first score that it attends to
// gives f = e^-87, which has only zeros to multiply. Masks, bias, NaN and infinities are those of attention_softmax.h,
// and its keys' numbers are data (ScoreWindows::keys): a tile's keys are not consecutive.
// attention_rescale: A' = A f, before the tile's P V is added. attention_output: with the last tile's l, r = 1 / l, and
// the output A r, rounded once, to a half. So a probability is rounded before it is divided by l, where the softmax of
// all keys rounds it after; a token that attends to no key at all has anything, and there is none in a sequence.
//
// Backward each tile's scores are made again. attention_probabilities: P = exp(scale (s - m)) r, rounded once, to a
// half, +0 where masked. attention_output_sums: D = sum over features of O dO, both halves, in the order of
// column_sum.h: up to rounding the sum over all keys of P dP. attention_score_deltas (attention_softmax.h): dS = scale
// P (dP - D).
//
// m, l, f, r and D stand in the first row of a head, [queries][tokens]. Of grouped queries as attention_softmax.h.
#include "hw/kernels/line_program.h"

namespace weft::hw {

/// Reads values in fp32 and, but for the first tile, m and l. Writes P as Operand::kept, m', l' and f.
LineProgram attention_softmax_tile_program(const LinePe& pe, const LineSettings& settings);
/// Reads and writes Operand::sums [features][tokens] in fp32, and reads f.
LineProgram attention_rescale_program(const LinePe& pe, const LineSettings& settings);
/// Reads Operand::sums and l. Writes values and r.
LineProgram attention_output_program(const LinePe& pe, const LineSettings& settings);
/// Reads deltas and values. Writes D.
LineProgram attention_output_sums_program(const LinePe& pe, const LineSettings& settings);
/// Reads values in fp32, m and r. Writes P as Operand::kept.
LineProgram attention_probabilities_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> attention_softmax_tile_plain(const ProgramLaunch& launch);
std::vector<std::uint32_t> attention_rescale_plain(const ProgramLaunch& launch);
std::vector<std::uint32_t> attention_output_plain(const ProgramLaunch& launch);
std::vector<std::uint32_t> attention_output_sums_plain(const ProgramLaunch& launch);
std::vector<std::uint32_t> attention_probabilities_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
