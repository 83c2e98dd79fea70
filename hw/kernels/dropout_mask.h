#pragma once
// Dropout on a block of a PE: what is kept is scaled, what its mask drops is zero.
#include "hw/kernels/line_program.h"

namespace weft::hw {

/// Of a tile of keys: rows of scores of all keys, of a head of keys.
constexpr int most_dropped_rows = 1 << 22;
/// Behind the words from `bits` on that append_dropout_mask() needs, of random bits and what it makes them from.
int end_of_dropout(const LinePe& pe, const LineSettings& settings, int bits);
/// Multiplies the halves [features][tokens] at `values` with the scale of what is kept; nothing without dropout.
void append_dropout_scale(LineCode& code, const LinePe& pe, const Dropout& dropout, int values);
/// Sets those to zero that the mask drops: a counter of the element's global place, mixed (DropoutMix), compared. Of
/// grouped queries each head's scores of a key are features. A feature at a time; of a tile of keys, whose scores are
/// no consecutive features of those of all keys and are dropped where these are, all at once. `bits`: fp32-sized words
/// up to end_of_dropout().
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
