#include "hw/kernels/softmax.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "hw/kernels/column_sum.h"
#include "hw/pe/special_functions.h"

namespace weft::hw {

void append_less_maximum(LineCode& code, const LinePe& pe, int values, int greatest) {
  code.fill(greatest, pe.tokens, -std::numeric_limits<float>::infinity());
  code.over_features(Opcode::max32, greatest, values);
  code.reduce(Opcode::max32, greatest, pe.tokens);
  code.give_down(greatest, pe.tokens);
  code.of_tokens(Opcode::sub32, values, greatest);
}

PlainSoftmax::PlainSoftmax(const BlockMap& block, const std::vector<std::uint32_t>& values, int token, Seen seen,
                           float scale)
    : values_(values),
      tokens_(block.tokens),
      token_(token),
      seen_(std::move(seen)),
      scale_(result_bits(scale)),
      greatest_(value(static_cast<int>(std::find(seen_.begin(), seen_.end(), true) - seen_.begin()))) {
  for (int feature = 0; feature < block.features; ++feature)
    if (sees(feature)) greatest_ = maximum(greatest_, value(feature));
  sum_ = column_sum(block, [this](int feature) { return power(feature); });
}

std::uint32_t PlainSoftmax::below(int feature) const { return multiply(subtract(value(feature), greatest_), scale_); }

std::uint32_t PlainSoftmax::power(int feature) const {
  return sees(feature) ? result_bits(machine_exp(float_of(below(feature)))) : 0;
}

std::uint32_t PlainSoftmax::reciprocal() const { return result_bits(machine_reciprocal(float_of(sum_))); }

}  // namespace weft::hw
