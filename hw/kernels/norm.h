#pragma once
// Norms over all features of a token, their deltas and the gradients of gain and shift: see line_kernels.h.
//
// Layer norm: with mean m and variance v of a token's features, x' = (x - m) / sqrt(v + epsilon), y = gain x' + shift.
// RMS norm, by the root of the mean square s: x' = x / sqrt(s + epsilon), y = gain x'.
//
// Sums go up the columns and what is made of them comes back: forward m (layer norm), then v of x - m, so that nothing
// cancels, or s; once more backward, which computes x' again: with g = gain times the output's delta and d the root
// that x' is divided by, dx = (g - mean(g) - x' mean(g x')) / d, in RMS norm without mean(g). Gradients are sums over
// tokens of delta x' (gain) and of delta (shift), in a PE and then along its row, out at the east edge, fp32. fp32
// inside, where the square of every half is finite and not zero unless the half is; values, deltas, gain and shift are
// halves, results are rounded once. A token that holds NaN becomes NaN; one that holds an infinity NaN, in RMS norm not
// finite. Of one feature layer norm's x' is 0.
#include "hw/kernels/line_program.h"

namespace weft::hw {

enum class NormForm { layer, root_mean_square };

/// Reads values, gain and, in layer norm, shift. Writes values; in training also what it read, as Operand::kept.
template <NormForm form>
LineProgram norm_program(const LinePe& pe, const LineSettings& settings);
/// Reads that, the gain and the deltas, which it overwrites.
template <NormForm form>
LineProgram norm_backward_program(const LinePe& pe, const LineSettings& settings);
/// Reads the same but for the gain. What leaves each row: its features' gradients of the gain, in layer norm then those
/// of the shift.
template <NormForm form>
LineProgram norm_gradient_program(const LinePe& pe, const LineSettings& settings);
template <NormForm form>
std::vector<std::uint32_t> norm_plain(const ProgramLaunch& launch);
template <NormForm form>
std::vector<std::uint32_t> norm_backward_plain(const ProgramLaunch& launch);
template <NormForm form>
std::vector<std::uint32_t> norm_gradient_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
