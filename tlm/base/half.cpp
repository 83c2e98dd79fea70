#include "tlm/base/half.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>

namespace weft {

const HalfFormatRow& half_format(HalfFormat format) {
  return *std::find_if(std::begin(half_formats), std::end(half_formats),
                       [format](const HalfFormatRow& row) { return row.format == format; });
}

void half_to_float(HalfFormat format, const std::uint16_t* from, float* to, std::size_t count) {
  with_half(format, [=](auto half) {
    for (std::size_t i = 0; i < count; ++i) to[i] = decltype(half)::widen(from[i]);
  });
}

void float_to_half(HalfFormat format, const float* from, std::uint16_t* to, std::size_t count) {
  with_half(format, [=](auto half) {
    for (std::size_t i = 0; i < count; ++i) to[i] = decltype(half)::narrow(from[i]);
  });
}

void round_to_half(HalfFormat format, const float* from, float* to, std::size_t count) {
  with_half(format, [=](auto half) {
    for (std::size_t i = 0; i < count; ++i) to[i] = decltype(half)::round(from[i]);
  });
}

namespace {

constexpr std::uint32_t infinite_bits = 0x7f800000;

/// Of sizes, as bits: the largest that becomes zero, the least that becomes infinite.
struct LostSizes {
  std::uint32_t zero, infinite;
};

/// Of sizes up to the infinite one, which rounding keeps in their order, the first whose half `is_beyond`.
template <typename Half, typename Beyond>
std::uint32_t first_size(const Beyond& is_beyond) {
  std::uint32_t below = 0, beyond = infinite_bits;
  while (beyond - below > 1) {
    const std::uint32_t middle = below + (beyond - below) / 2;
    float value;
    std::memcpy(&value, &middle, sizeof value);
    (is_beyond(Half::round(value)) ? beyond : below) = middle;
  }
  return beyond;
}

template <typename Half>
const LostSizes& lost_sizes() {
  static const LostSizes sizes{first_size<Half>([](float rounded) { return rounded > 0; }) - 1,
                               first_size<Half>([](float rounded) { return std::isinf(rounded); })};
  return sizes;
}

}  // namespace

HalfLosses losses_of(HalfFormat format, const float* values, std::size_t count) {
  const LostSizes lost = with_half(format, [](auto half) { return lost_sizes<decltype(half)>(); });
  HalfLosses losses{static_cast<std::int64_t>(count), 0, 0};
  constexpr std::size_t at_once = 1 << 20;  // whose counts an int holds
  for (std::size_t first = 0; first < count; first += at_once) {
    const std::size_t last = std::min(count, first + at_once);
    std::int32_t zeros = 0, infinities = 0;
    for (std::size_t i = first; i < last; ++i) {
      std::uint32_t bits;
      std::memcpy(&bits, values + i, sizeof bits);
      const std::uint32_t size = bits & 0x7fffffff;
      zeros += size - 1 < lost.zero;
      infinities += size - lost.infinite < infinite_bits - lost.infinite;
    }
    losses.zeros += zeros;
    losses.infinities += infinities;
  }
  return losses;
}

}  // namespace weft
