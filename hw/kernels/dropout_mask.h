#pragma once
// Dropout on a block of a PE: what is kept is scaled, what its mask drops is zero.
#include "hw/kernels/line_program.h"

namespace weft::hw {

/// Words of random bits that append_dropout() needs.
inline int dropout_words(const LinePe& pe, const Dropout& dropout) {
  return dropout.probability > 0 ? 2 * pe.tokens : 0;
}
/// Multiplies the halves [features][tokens] at `values` with the scale of what is kept; nothing without dropout.
void append_dropout_scale(LineCode& code, const LinePe& pe, const Dropout& dropout, int values);
/// Sets those to zero that the mask drops, a feature at a time: a counter of the element's global place, mixed
/// (DropoutMix), compared. Of grouped queries each head's scores of a key are features. `bits`: fp32-sized words for
/// dropout_words().
void append_dropout_mask(LineCode& code, const LinePe& pe, const LineSettings& settings, int values, int bits);

/// What is kept is multiplied with it; 1 without dropout.
float kept_scale(const LineSettings& settings);

/// The same in plain loops. Of the element at `at` of [features][tokens]:
bool is_dropped(const ProgramLaunch& launch, std::size_t at);
std::uint16_t dropout_scaled(std::uint16_t value, const LineSettings& settings);
inline std::uint16_t after_dropout(const ProgramLaunch& launch, std::size_t at, std::uint16_t value) {
  return is_dropped(launch, at) ? std::uint16_t{0} : dropout_scaled(value, launch.line);
}

}  // namespace weft::hw
