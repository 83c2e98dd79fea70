#include "hw/input/synthetic_source.h"

#include <algorithm>

#include "hw/spec/train_steps.h"
#include "tlm/base/half.h"
#include "tlm/base/split_mix.h"

namespace weft::hw {

void SyntheticSource::fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
                           std::int32_t* labels) {
  const bool train = job_.stages[static_cast<std::size_t>(stage)].train;
  for (int token = 0; token < job_.tokens(); ++token) {
    const std::int64_t place = (train ? first_ + train_steps_before(job_, stage) * job_.batch : 0) + step * job_.batch +
                               static_cast<std::int64_t>(system) * job_.tokens_per_system() +
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
          split_mix(seed_ + split_mix_gamma * static_cast<std::uint64_t>(index * features_ + feature + 1));
      const float noise = static_cast<float>(drawn >> 40) / 16777216.0F - 0.5F;
      sample[feature] = float_to_half(job_.format, noise + (feature % classes_ == labels[token] ? 1.0F : 0.0F));
    }
  }
}

}  // namespace weft::hw
