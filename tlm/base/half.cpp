#include "tlm/base/half.h"

#include <algorithm>
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

}  // namespace weft
