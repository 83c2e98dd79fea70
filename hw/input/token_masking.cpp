#include "hw/input/token_masking.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "hw/input/drawn_by_place.h"
#include "hw/input/token_sequences.h"

namespace weft::hw {

int TokenMasking::chosen(int length) const {
  const int rounded = static_cast<int>(std::nearbyint(share * length));
  return std::clamp(rounded, 1, most > 0 ? std::min(most, length) : length);
}

void TokenMasking::apply(const SamplePlace& place, int length, std::int32_t* tokens, std::int32_t* labels) const {
  DrawnByPlace draw(seed, 1, place);
  const auto below = [&draw](int bound) { return static_cast<int>(draw.below(bound)); };
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
