#include "sw/text/token_choice.h"

#include <algorithm>
#include <cmath>

#include "tlm/base/split_mix.h"

namespace weft::sw {

namespace {

/// In [0, 1): 53 bits, as many as a double holds.
double uniform(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace

std::int32_t TokenChoice::next(const std::vector<float>& logits) {
  const auto largest = std::max_element(logits.begin(), logits.end());
  if (temperature_ == 0) return static_cast<std::int32_t>(largest - logits.begin());
  std::vector<double> upto(logits.size());
  double sum = 0;
  for (std::size_t id = 0; id < logits.size(); ++id) {
    sum += std::exp((static_cast<double>(logits[id]) - static_cast<double>(*largest)) / temperature_);
    upto[id] = sum;
  }
  const double drawn = uniform(split_mix(split_mix(seed_ + split_mix_gamma) + ++drawn_ * split_mix_gamma)) * sum;
  return static_cast<std::int32_t>(std::upper_bound(upto.begin(), upto.end() - 1, drawn) - upto.begin());
}

}  // namespace weft::sw
