#include "hw/spec/weight_mask.h"

#include <cmath>

#include "tlm/base/split_mix.h"

namespace weft::hw {

template <typename Keeps>
void WeightMask::fill(Keeps&& keeps) {
  before_input_.assign(static_cast<std::size_t>(inputs_) + 1, 0);
  before_output_.assign(1, 0);
  std::uint64_t index = 0;
  for (int output = 0; output < outputs_; ++output) {
    std::uint64_t* words = bits_.data() + words_ * static_cast<std::size_t>(output);
    for (int input = 0; input < inputs_; ++input, ++index)
      words[input / 64] |= static_cast<std::uint64_t>(keeps(index)) << (input % 64);
    for_each(output, 0, inputs_, [this](int input) { ++before_input_[static_cast<std::size_t>(input) + 1]; });
    before_output_.push_back(before_output_.back() + count(output, 0, inputs_));
  }
  for (std::size_t input = 1; input < before_input_.size(); ++input) before_input_[input] += before_input_[input - 1];
}

WeightMask WeightMask::random(int outputs, int inputs, double sparsity, std::uint64_t key) {
  WeightMask mask(outputs, inputs);
  constexpr int bits = 53;  // a double's
  const auto zeros = static_cast<std::uint64_t>(std::llround(std::ldexp(sparsity, bits)));
  mask.fill(
      [=](std::uint64_t index) { return split_mix(key + (index + 1) * split_mix_gamma) >> (64 - bits) >= zeros; });
  return mask;
}

WeightMask WeightMask::nonzero(int outputs, int inputs, const std::vector<float>& weights) {
  WeightMask mask(outputs, inputs);
  mask.fill([&weights](std::uint64_t index) { return weights[index] != 0.0F; });
  return mask;
}

int WeightMask::count(int output, int first, int last) const {
  int count = 0;
  for (int word = first / 64; word * 64 < last; ++word)
    count += __builtin_popcountll(masked(output, word, first, last));
  return count;
}

}  // namespace weft::hw
