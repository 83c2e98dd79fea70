#include "hw/input/sentence_pairs.h"

#include "hw/input/drawn_by_place.h"

namespace weft::hw {

SentencePairs::Pair SentencePairs::drawn(const SamplePlace& place, int length, std::int64_t parts) const {
  DrawnByPlace draw(seed, 2, place);
  Pair pair;
  pair.tokens = 1 + static_cast<int>(draw.below(length - 1));
  pair.follows = draw.below(2) == 0;
  const std::int64_t other = draw.below(parts - 1);
  pair.second = pair.follows ? place.index : other < place.index ? other : other + 1;
  return pair;
}

std::vector<std::int32_t> SentencePairs::around(const std::vector<std::int32_t>& body, int tokens,
                                                std::int32_t of_classify, std::int32_t of_separator) {
  std::vector<std::int32_t> sample{of_classify};
  sample.insert(sample.end(), body.begin(), body.begin() + tokens);
  sample.push_back(of_separator);
  sample.insert(sample.end(), body.begin() + tokens, body.end());
  sample.push_back(of_separator);
  return sample;
}

}  // namespace weft::hw
