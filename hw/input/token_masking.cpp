#include "hw/input/token_masking.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "hw/input/token_sequences.h"
#include "tlm/base/split_mix.h"

namespace weft::hw {

int TokenMasking::chosen(int length) const {
  const int rounded = static_cast<int>(std::nearbyint(share * length));
  return std::clamp(rounded, 1, most > 0 ? std::min(most, length) : length);
}

void TokenMasking::apply(const SamplePlace& place, int length, std::int32_t* tokens, std::int32_t* labels) const {
  std::uint64_t state = split_mix(seed + split_mix_gamma);
  state = split_mix(state + 2 * static_cast<std::uint64_t>(place.epoch) + (place.train ? 0 : 1));
  state = split_mix(state + static_cast<std::uint64_t>(place.index));
  const auto below = [&](int bound) {
    return static_cast<int>(split_mix_below(split_mix(state += split_mix_gamma), static_cast<std::uint64_t>(bound)));
  };
  std::vector<int> places(static_cast<std::size_t>(length));
  std::iota(places.begin(), places.end(), 0);
  const int count = chosen(length);
  for (int i = 0; i < count; ++i) {
    std::swap(places[static_cast<std::size_t>(i)], places[static_cast<std::size_t>(i + below(length - i))]);
    std::int32_t& token = tokens[places[static_cast<std::size_t>(i)]];
    const int of_ten = below(10);
    const std::int32_t word = below(words);
    if (of_ten < 8) token = mask;
    if (of_ten == 9) token = word;
  }
  for (auto other = places.begin() + count; other != places.end(); ++other) labels[*other] = unlabelled;
}

}  // namespace weft::hw
