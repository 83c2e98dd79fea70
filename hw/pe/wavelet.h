#pragma once
// What travels on the wafer's links: 32 bits of data, a color, and whether the wavelet is data or control.
#include <cstdint>

#include "hw/spec/machine.h"

namespace weft::hw {

struct Wavelet {
  std::uint32_t data = 0;
  std::uint8_t color = 0;
  bool control = false;

  friend bool operator==(const Wavelet& a, const Wavelet& b) {
    return a.data == b.data && a.color == b.color && a.control == b.control;
  }
};

/// A weight, sample or delta (fp16 bits) with its index in the round: index in the upper half, value in the lower.
constexpr Wavelet scalar_wavelet(int color, std::uint16_t index, std::uint16_t half) {
  return {static_cast<std::uint32_t>(index) << 16 | half, static_cast<std::uint8_t>(color), false};
}

/// Data of a control wavelet. `advance`: routers, counted from the first one it enters, whose switch of this color
/// moves on after it went through; each router that does so hands on one less. `silent`: no core takes it, and it
/// ends at the last router that it moves.
inline constexpr std::uint32_t control_advance_mask = 0xffff;
inline constexpr std::uint32_t control_silent_bit = 0x1'0000;

constexpr Wavelet control_wavelet(int color, std::uint16_t advance = 0, bool silent = false) {
  return {advance | (silent ? control_silent_bit : 0), static_cast<std::uint8_t>(color), true};
}

/// Cycle of something that has not been promised yet.
inline constexpr Cycle never = INT64_MAX / 4;

}  // namespace weft::hw
