#pragma once
// Layer norm over all features of a token, and its deltas: see line_kernels.h. With mean m and variance v of a token's
// features, x' = (x - m) / sqrt(v + epsilon) and y = gain x' + shift. Sums go up the columns and what is made of them
// comes back: twice forward (m, then v of x - m, so that nothing cancels), and once more backward, which computes x'
// again: with g = gain times the output's delta, dx = (g - mean(g) - x' mean(g x')) / sqrt(v + epsilon). fp32 inside;
// values, deltas, gain and shift are halves, results are rounded once. A token that holds an infinity or NaN becomes
// NaN. Of one feature x' is 0.
#include "hw/kernels/line_program.h"

namespace weft::hw {

/// Writes values; in training also what it read, as LineTensor::kept.
LineProgram layer_norm_program(const LinePe& pe, const LineSettings& settings);
/// Reads that, the gain and the deltas, which it overwrites.
LineProgram layer_norm_backward_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> layer_norm_plain(const ProgramLaunch& launch);
std::vector<std::uint32_t> layer_norm_backward_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
