#include "hw/kernels/dropout_mask.h"

#include "hw/pe/special_functions.h"

namespace weft::hw {

void append_dropout_scale(LineCode& code, const LinePe& pe, const Dropout& dropout, int values) {
  if (dropout.probability == 0) return;
  Instruction scale = LineCode::vector(Opcode::scale16, values, 0, pe.elements());
  scale.c =
      static_cast<std::uint16_t>(code.place(float_to_half(pe.format, dropout_scale(pe.format, dropout.probability))));
  code.add(scale);
}

void append_dropout_mask(LineCode& code, const LinePe& pe, const LineSettings& settings, int values, int bits) {
  const Dropout& dropout = settings.dropout;
  if (dropout.probability == 0) return;
  const int first = code.here();
  Instruction count = LineCode::vector(Opcode::count32, bits, 0, pe.tokens);
  count.element_stride = DropoutMix::sample_step;
  count.row_stride = DropoutMix::feature_step;
  count.c = static_cast<std::uint16_t>(
      code.place({{DropoutMix::counter(dropout.key, dropout.first_feature, dropout.first_sample),
                   DropoutMix::feature_step * static_cast<std::uint32_t>(settings.queries), DropoutMix::sample_step}}));
  code.add(count);
  code.shift(Opcode::xor_shift32, bits, 0, pe.tokens, DropoutMix::first_shift);
  code.multiply_integer(bits, pe.tokens, DropoutMix::first_factor(dropout.key));
  code.shift(Opcode::xor_shift32, bits, 0, pe.tokens, DropoutMix::second_shift);
  code.multiply_integer(bits, pe.tokens, DropoutMix::last_factor);
  code.shift(Opcode::xor_shift32, bits, 0, pe.tokens, DropoutMix::last_shift);
  Instruction drop = LineCode::vector(Opcode::zero_below16, values, bits, pe.tokens);
  drop.c = static_cast<std::uint16_t>(code.place(dropout_threshold(dropout.probability)));
  code.add(drop);
  code.loop(first, pe.features, 0);
}

float kept_scale(const LineSettings& settings) {
  const double probability = settings.dropout.probability;
  return probability > 0 ? dropout_scale(settings.format, probability) : 1.0F;
}

bool is_dropped(const ProgramLaunch& launch, std::size_t at) {
  const Dropout& dropout = launch.line.dropout;
  const auto tokens = static_cast<std::size_t>(launch.block.tokens);
  const std::uint32_t bits = dropout_bits(dropout.key, dropout.first_feature + static_cast<std::uint32_t>(at / tokens),
                                          dropout.first_sample + static_cast<std::uint32_t>(at % tokens));
  return bits < dropout_threshold(dropout.probability);
}

std::uint16_t dropout_scaled(std::uint16_t value, const LineSettings& settings) {
  const double probability = settings.dropout.probability;
  if (probability == 0) return value;
  const std::uint16_t factor = float_to_half(settings.format, dropout_scale(settings.format, probability));
  return with_arithmetic(settings.format, [=](auto halves) { return decltype(halves)::scale(value, factor); });
}

}  // namespace weft::hw
