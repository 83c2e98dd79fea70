#include "hw/input/sample_order.h"

#include <numeric>
#include <utility>

namespace weft::hw {

namespace {

std::uint64_t mix(std::uint64_t state) {
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9ULL;
  state = (state ^ (state >> 27)) * 0x94d049bb133111ebULL;
  return state ^ (state >> 31);
}

}  // namespace

SampleOrder::SampleOrder(std::int64_t size, int batch, bool shuffle, std::uint64_t seed)
    : size_(size), batch_(batch), shuffle_(shuffle), seed_(seed) {}

std::int64_t SampleOrder::index(std::int64_t step, int place) {
  const std::int64_t batches = size_ / batch_, epoch = step / batches;
  const std::int64_t at = (step % batches) * batch_ + place;
  if (!shuffle_) return at;
  if (epoch != epoch_) permute(epoch);
  return permutation_[static_cast<std::size_t>(at)];
}

void SampleOrder::permute(std::int64_t epoch) {
  constexpr std::uint64_t increment = 0x9e3779b97f4a7c15ULL;
  epoch_ = epoch;
  permutation_.resize(static_cast<std::size_t>(size_));
  std::iota(permutation_.begin(), permutation_.end(), 0);
  std::uint64_t state = mix(seed_ + increment) + static_cast<std::uint64_t>(epoch);
  for (std::int64_t last = size_ - 1; last > 0; --last) {
    const std::uint64_t random = mix(state += increment);
    // The high half of a 128-bit product maps 64 bits on [0, last].
    __extension__ using Wide = unsigned __int128;
    const auto other =
        static_cast<std::int64_t>(static_cast<Wide>(random) * static_cast<std::uint64_t>(last + 1) >> 64);
    std::swap(permutation_[static_cast<std::size_t>(last)], permutation_[static_cast<std::size_t>(other)]);
  }
}

}  // namespace weft::hw
