#include "hw/input/synthetic_source.h"

#include <algorithm>

#include "tlm/base/fp16.h"

namespace weft::hw {

namespace {

/// SplitMix64's output function.
std::uint64_t mix(std::uint64_t state) {
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9ULL;
  state = (state ^ (state >> 27)) * 0x94d049bb133111ebULL;
  return state ^ (state >> 31);
}

}  // namespace

void SyntheticSource::fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
                           std::int32_t* labels) {
  const bool train = job_.stages[static_cast<std::size_t>(stage)].train;
  for (int token = 0; token < job_.tokens(); ++token) {
    const std::int64_t place = (train ? job_.first_step + step : step) * job_.batch +
                               static_cast<std::int64_t>(system) * job_.samples_per_system() +
                               static_cast<std::int64_t>(micro_batch) * job_.tokens() + token;
    std::uint16_t* sample = samples + static_cast<std::ptrdiff_t>(token) * features_;
    if (!train && place >= samples_) {
      labels[token] = -1;
      std::fill_n(sample, features_, std::uint16_t{0});
      continue;
    }
    const std::int64_t index = place % samples_;
    labels[token] = static_cast<std::int32_t>(index % classes_);
    for (int feature = 0; feature < features_; ++feature) {
      const std::uint64_t drawn =
          mix(seed_ + 0x9e3779b97f4a7c15ULL * static_cast<std::uint64_t>(index * features_ + feature + 1));
      const float noise = static_cast<float>(drawn >> 40) / 16777216.0F - 0.5F;
      sample[feature] = float_to_half(noise + (feature % classes_ == labels[token] ? 1.0F : 0.0F));
    }
  }
}

}  // namespace weft::hw
