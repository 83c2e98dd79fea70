#pragma once
// GELU, x times the probability that a normal number is below x, by the error function and as its tanh approximation;
// SiLU, where the number is a logistic one; and their derivatives times the delta. See line_kernels.h. Dropout behind
// it is redrawn in the backward pass.
//
// With c = |x| and q = P(the number is above c): gelu(x) = max(x, 0) - c q, gelu'(-c) = q - c q', gelu'(c) = 1
// less that: no branch, and nothing cancels where x is far below zero.
#include "hw/kernels/line_program.h"

namespace weft::hw {

enum class GeluForm {
  error_function,
  tanh,
  sigmoid,  ///< SiLU
};

/// The kernels' own arithmetic, fp32 inside, of halves. In fp16 within 0.503 of the last place of the exact value's
/// nearest half (0.5 is what rounding alone takes). NaN of NaN; infinity gives infinity or NaN; both zeros +0.
std::uint16_t machine_gelu(HalfFormat format, std::uint16_t x, GeluForm form);
/// delta gelu'(x) of halves, times the half `scale` without a rounding of its own. NaN of NaN, not finite of an
/// infinite x.
std::uint16_t machine_gelu_delta(HalfFormat format, std::uint16_t delta, std::uint16_t x, GeluForm form, float scale);

/// Writes values; in training also what it read, as Operand::kept.
template <GeluForm form>
LineProgram gelu_program(const LinePe& pe, const LineSettings& settings);
/// Reads that and the deltas, which it overwrites.
template <GeluForm form>
LineProgram gelu_backward_program(const LinePe& pe, const LineSettings& settings);
template <GeluForm form>
std::vector<std::uint32_t> gelu_plain(const ProgramLaunch& launch);
template <GeluForm form>
std::vector<std::uint32_t> gelu_backward_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
