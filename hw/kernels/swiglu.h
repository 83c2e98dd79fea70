#pragma once
// SwiGLU of two tensors: values = silu(values) linear, silu(x) = x / (1 + e^-x); and both deltas, a kernel each: so
// each is one launch that makes one tensor, like every other delta, at the price of a second sigmoid. See
// line_kernels.h.
//
// The sigmoid is 1 / (1 + e^-x) with x no less than `least_gate`, where its inverse is still within fp32: below, what
// it gives is 0 in halves whatever it is multiplied with. 1 less the sigmoid is e^-x times it, so nothing cancels but
// where silu's slope itself is 0.
#include "hw/kernels/line_program.h"

namespace weft::hw {

/// The kernels' own arithmetic, fp32 inside, of halves. silu(gate) linear, within 0.501 of the last place of the exact
/// value's nearest half (0.5 is what rounding alone takes). NaN of NaN, not finite of an infinite gate.
std::uint16_t machine_swiglu(HalfFormat format, std::uint16_t gate, std::uint16_t linear);
/// delta linear silu'(gate): before the last rounding off by no more than 2e-7 of delta linear, NaN and infinity as
/// above.
std::uint16_t machine_swiglu_gate_delta(HalfFormat format, std::uint16_t delta, std::uint16_t gate,
                                        std::uint16_t linear);
/// delta silu(gate), as the value.
inline std::uint16_t machine_swiglu_linear_delta(HalfFormat format, std::uint16_t delta, std::uint16_t gate) {
  return machine_swiglu(format, gate, delta);
}

LineProgram swiglu_program(const LinePe& pe, const LineSettings& settings);
LineProgram swiglu_gate_backward_program(const LinePe& pe, const LineSettings& settings);
LineProgram swiglu_linear_backward_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> swiglu_plain(const ProgramLaunch& launch);
std::vector<std::uint32_t> swiglu_gate_backward_plain(const ProgramLaunch& launch);
std::vector<std::uint32_t> swiglu_linear_backward_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
