#pragma once
// Damaged copies of a file, the same on every run.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace weft::test {

using Bytes = std::vector<std::uint8_t>;

/// Calls `use` with `good` cut to at most `cuts` evenly spread lengths, among them 0 and all but the last byte; with
/// single bits flipped, the first 64 bytes one by one and `random` places; and with `random` copies in which up to 16
/// bytes in a row are others. std::mt19937_64 is the same everywhere; the standard's distributions are not.
inline void each_mutation(const Bytes& good, std::size_t cuts, int random,
                          const std::function<void(const Bytes&)>& use) {
  const std::size_t stride = std::max<std::size_t>(1, good.size() / cuts);
  for (std::size_t size = 0; size < good.size(); size += stride)
    use({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
  use({good.begin(), good.end() - 1});
  std::mt19937_64 generator(1);
  const auto flip = [&](std::size_t at, unsigned bit) {
    Bytes bad = good;
    bad[at] = static_cast<std::uint8_t>(bad[at] ^ 1U << bit);
    use(bad);
  };
  for (std::size_t at = 0; at < std::min<std::size_t>(64, good.size()); ++at)
    for (unsigned bit = 0; bit < 8; ++bit) flip(at, bit);
  for (int count = 0; count < random; ++count) flip(generator() % good.size(), generator() % 8);
  for (int count = 0; count < random; ++count) {
    Bytes bad = good;
    const std::size_t first = generator() % bad.size(), length = 1 + generator() % 16;
    for (std::size_t at = first; at < std::min(first + length, bad.size()); ++at)
      bad[at] = static_cast<std::uint8_t>(generator());
    use(bad);
  }
}

}  // namespace weft::test
