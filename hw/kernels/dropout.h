#pragma once
// Dropout as launches of their own: of a matrix's or an embedding's values where no activation's kernel does it, and of
// attention's probabilities. Forward and backward draw the same mask (dropout_mask.h). See line_kernels.h.
#include "hw/kernels/line_program.h"

namespace weft::hw {

/// values = values x scale, rounded to a half, or zero where the mask drops; the same of deltas.
template <Operand operand>
LineProgram dropout_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> dropout_plain(const ProgramLaunch& launch);

/// Deltas of scores are fp32: each times the scale, or times zero. Those that come in windows go whole, +0 elsewhere.
LineProgram score_dropout_backward_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> score_dropout_backward_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
