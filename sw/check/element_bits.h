#pragma once
// Elements of the wafer's tensors as the bits that PE programs have.
#include <cstdint>
#include <cstring>

#include "tlm/base/half.h"

namespace weft::sw {

inline std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// Of an fp32 element all bits, else those of the half that `value` is.
inline std::uint32_t element_bits(HalfFormat format, float value, bool fp32) {
  return fp32 ? bits_of(value) : float_to_half(format, value);
}

}  // namespace weft::sw
