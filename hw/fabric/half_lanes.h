#pragma once
// What a sum becomes after each multiply-add, for a vector of them.
#include <cstdint>

#include "hw/fabric/dense_tile.h"
#ifdef __F16C__
#include <immintrin.h>
#endif
#include "tlm/base/half.h"

namespace weft::hw::dense {

// Plain vector types of the compiler: the same bits with any width.
using Lanes = float __attribute__((vector_size(lane_count * sizeof(float))));
using LaneBits = std::uint32_t __attribute__((vector_size(lane_count * sizeof(std::uint32_t))));

/// Stays fp32.
struct FloatLanes {
  static Lanes rounded(Lanes sum) { return sum; }
};

/// Is rounded to a half and held as fp32: Half::round of every lane, but for the bits of a NaN.
template <typename Half>
struct HalfLanes {
  static Lanes rounded(Lanes sum) {
    constexpr int dropped = 23 - Half::fraction_bits;
    constexpr std::uint32_t least_normal = Half::smallest_normal, infinite = 0x7f800000;
    const LaneBits bits = as_bits(sum), size = bits & 0x7fffffff, sign = bits ^ size;
    // The least that becomes infinite.
    constexpr std::uint32_t beyond = Half::beyond_largest - (1U << (dropped - 1));
    const LaneBits special = as_bits(as_lanes(size) + as_lanes(LaneBits{} + infinite));  // a NaN, or infinity
    LaneBits finite;
    if constexpr (least_normal <= 1U << 23) {  // exponents are fp32's
      finite = (size + ((1U << (dropped - 1)) - 1) + (size >> dropped & 1)) & ~((1U << dropped) - 1);
    } else {
      // To a number whose last bit is the half's last bit of this size it is added, and rounded so.
      LaneBits exponent = size & infinite;
      exponent = exponent > least_normal ? exponent : LaneBits{} + least_normal;
      const Lanes step = as_lanes(exponent + (static_cast<std::uint32_t>(dropped) << 23));
      finite = as_bits((as_lanes(size) + step) - step);
    }
    return as_lanes((size >= beyond ? special : finite) | sign);
  }

 private:
  static LaneBits as_bits(Lanes lanes) { return reinterpret_cast<LaneBits>(lanes); }
  static Lanes as_lanes(LaneBits bits) { return reinterpret_cast<Lanes>(bits); }
};

/// The processor's own conversions make fp16's bits in half of the time; no vector type of the compiler has them.
#if defined(__AVX512F__) && __BIGGEST_ALIGNMENT__ == 64
template <>
struct HalfLanes<Half<HalfFormat::fp16>> {
  static Lanes rounded(Lanes sum) {
    constexpr __mmask16 all = 0xffff;  // without a mask GCC 12 warns of its own header
    return reinterpret_cast<Lanes>(_mm512_maskz_cvtph_ps(
        all, _mm512_maskz_cvtps_ph(all, reinterpret_cast<__m512>(sum), _MM_FROUND_TO_NEAREST_INT)));
  }
};
#elif defined(__F16C__) && __BIGGEST_ALIGNMENT__ == 32
template <>
struct HalfLanes<Half<HalfFormat::fp16>> {
  static Lanes rounded(Lanes sum) {
    return reinterpret_cast<Lanes>(
        _mm256_cvtph_ps(_mm256_cvtps_ph(reinterpret_cast<__m256>(sum), _MM_FROUND_TO_NEAREST_INT)));
  }
};
#endif

}  // namespace weft::hw::dense
