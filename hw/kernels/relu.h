#pragma once
// ReLU and its derivative, with dropout behind it; see line_kernels.h. Values and deltas in place.
#include "hw/kernels/line_program.h"

namespace weft::hw {

LineProgram relu_program(const LinePe& pe, const LineSettings& settings);
LineProgram relu_backward_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> relu_plain(const ProgramLaunch& launch);
std::vector<std::uint32_t> relu_backward_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
