#pragma once
// values += addend, halves: a residual's values, or deltas of a tensor that several read. See line_kernels.h.
//
// The nearest half of the exact sum, also where it cannot be told in fp32: 24 bits are enough for a second rounding to
// 11 to change nothing. -0 of two -0 alone.
#include "hw/kernels/line_program.h"

namespace weft::hw {

LineProgram addition_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> addition_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
