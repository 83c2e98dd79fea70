#include "hw/spec/gradient_wire.h"

#include <cstring>

namespace weft::hw {

HalfLosses GradientWire::put(const float* sums, std::size_t count, std::uint8_t* to) const {
  if (!halves_) {
    std::memcpy(to, sums, count * sizeof(float));
    return {};
  }
  float_to_half(format_, sums, reinterpret_cast<std::uint16_t*>(to), count);
  return losses_of(format_, sums, count);
}

void GradientWire::take(const std::uint8_t* from, std::size_t count, float* sums) const {
  if (halves_)
    half_to_float(format_, reinterpret_cast<const std::uint16_t*>(from), sums, count);
  else
    std::memcpy(sums, from, count * sizeof(float));
}

void add_losses(LayerLosses& to, int layer, const HalfLosses& losses) {
  const auto at = static_cast<std::size_t>(layer);
  if (to.size() <= at) to.resize(at + 1);
  to[at].add(losses);
}

void add_losses(LayerLosses& to, const LayerLosses& losses) {
  for (std::size_t layer = 0; layer < losses.size(); ++layer) add_losses(to, static_cast<int>(layer), losses[layer]);
}

}  // namespace weft::hw
