#include "hw/input/sample_order.h"

#include <numeric>
#include <utility>

#include "tlm/base/split_mix.h"

namespace weft::hw {

SampleOrder::SampleOrder(std::int64_t size, int batch, bool shuffle, std::uint64_t seed, DataPosition from)
    : size_(size), walk_(size, batch, from), shuffle_(shuffle), seed_(seed) {}

std::int64_t SampleOrder::index(std::int64_t step, int place) {
  const DataPosition first = walk_.batch(step);
  const std::int64_t at = first.sample + place;
  if (!shuffle_) return at;
  if (first.epoch != epoch_) permute(first.epoch);
  return permutation_[static_cast<std::size_t>(at)];
}

void SampleOrder::permute(std::int64_t epoch) {
  constexpr std::uint64_t increment = split_mix_gamma;
  epoch_ = epoch;
  permutation_.resize(static_cast<std::size_t>(size_));
  std::iota(permutation_.begin(), permutation_.end(), 0);
  std::uint64_t state = split_mix(seed_ + increment) + static_cast<std::uint64_t>(epoch);
  for (std::int64_t last = size_ - 1; last > 0; --last) {
    const auto other =
        static_cast<std::int64_t>(split_mix_below(split_mix(state += increment), static_cast<std::uint64_t>(last + 1)));
    std::swap(permutation_[static_cast<std::size_t>(last)], permutation_[static_cast<std::size_t>(other)]);
  }
}

}  // namespace weft::hw
