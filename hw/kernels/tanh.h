#pragma once
// The hyperbolic tangent and its derivative times the delta. See line_kernels.h. Dropout behind it is redrawn in the
// backward pass.
//
// tanh(x) = x P(x^2) / Q(x^2) up to 4.75 on either side, where it rounds to 1: nothing cancels near zero. With
// c = |x| and e = e^-2c the derivative is 4 e / (1 + e)^2: nothing cancels far from it.
#include "hw/kernels/line_program.h"

namespace weft::hw {

/// The kernels' own arithmetic, fp32 inside, of halves. In fp16 within 0.503 of the last place of the exact value's
/// nearest half (0.5 is what rounding alone takes). NaN of NaN; 1 or -1 of an infinity; a zero of a zero.
std::uint16_t machine_tanh(HalfFormat format, std::uint16_t x);
/// delta tanh'(x) of halves, times the half `scale` without a rounding of its own. NaN of NaN.
std::uint16_t machine_tanh_delta(HalfFormat format, std::uint16_t delta, std::uint16_t x, float scale);

/// Writes values; in training also what it read, as Operand::kept.
LineProgram tanh_program(const LinePe& pe, const LineSettings& settings);
/// Reads that and the deltas, which it overwrites.
LineProgram tanh_backward_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> tanh_plain(const ProgramLaunch& launch);
std::vector<std::uint32_t> tanh_backward_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
