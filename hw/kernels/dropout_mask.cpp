#include "hw/kernels/dropout_mask.h"

#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

void append_dropout_scale(LineCode& code, const LinePe& pe, const Dropout& dropout, int values) {
  if (dropout.probability == 0) return;
  Instruction scale = LineCode::vector(Opcode::scale16, values, 0, pe.elements());
  scale.c =
      static_cast<std::uint16_t>(code.place(float_to_half(pe.format, dropout_scale(pe.format, dropout.probability))));
  code.add(scale);
}

namespace {

bool of_tile(const LineSettings& settings) { return settings.windows && !settings.windows->places.empty(); }

/// Where things stand from `bits` on: fp32-sized words of each element twice, then of each feature.
struct TileBits {
  int tokens, numbers, rows, end;
  TileBits(const LinePe& pe, int bits)
      : tokens(bits),
        numbers(other_banks(tokens + 2 * pe.elements())),
        rows(numbers + 2 * pe.elements()),
        end(rows + 2 * pe.features) {}
};

void append_mix(LineCode& code, const Dropout& dropout, int bits, int n) {
  code.shift(Opcode::xor_shift32, bits, 0, n, DropoutMix::first_shift);
  code.multiply_integer(bits, n, DropoutMix::first_factor(dropout.key));
  code.shift(Opcode::xor_shift32, bits, 0, n, DropoutMix::second_shift);
  code.multiply_integer(bits, n, DropoutMix::last_factor);
  code.shift(Opcode::xor_shift32, bits, 0, n, DropoutMix::last_shift);
}

void append_drop(LineCode& code, const Dropout& dropout, int values, int bits, int n) {
  Instruction drop = LineCode::vector(Opcode::zero_below16, values, bits, n);
  drop.c = static_cast<std::uint16_t>(code.place(dropout_threshold(dropout.probability)));
  code.add(drop);
}

/// a32[t] = bits + t x step of a sample, those of the column's first token being a constant.
void append_count(LineCode& code, int a, int n, std::uint16_t per_feature, const PlacedConstant& from) {
  Instruction count = LineCode::vector(Opcode::count32, a, 0, n);
  count.element_stride = DropoutMix::sample_step;
  count.row_stride = per_feature;
  count.c = static_cast<std::uint16_t>(code.place({from}));
  code.add(count);
}

/// A row's number is exact beside 1.5 x 2^23, and its low bits are then it: a counter of features, whose steps are 1.
/// Precondition: at most most_dropped_rows.
void append_tile_mask(LineCode& code, const LinePe& pe, const Dropout& dropout, int values, int bits) {
  static_assert(DropoutMix::feature_step == 1);
  const TileBits at(pe, bits);
  const int n = pe.elements();
  code.rows(at.rows);
  code.fill(at.tokens, pe.tokens, 1.0F);
  code.fill(at.numbers, n, integer_place);
  code.add_numbers(at.numbers, at.tokens, at.rows, pe.features);
  append_count(code, at.tokens, pe.tokens, 0,
               {DropoutMix::counter(dropout.key, dropout.first_feature, dropout.first_sample) - integer_place_bits, 0,
                DropoutMix::sample_step});
  code.repeat(at.tokens, pe.tokens, pe.features);
  code.shift(Opcode::add_left32, at.numbers, at.tokens, n, 0);
  append_mix(code, dropout, at.numbers, n);
  append_drop(code, dropout, values, at.numbers, n);
}

}  // namespace

int end_of_dropout(const LinePe& pe, const LineSettings& settings, int bits) {
  if (settings.dropout.probability == 0) return bits;
  return of_tile(settings) ? TileBits(pe, bits).end : bits + 2 * pe.tokens;
}

void append_dropout_mask(LineCode& code, const LinePe& pe, const LineSettings& settings, int values, int bits) {
  const Dropout& dropout = settings.dropout;
  if (dropout.probability == 0) return;
  if (of_tile(settings)) return append_tile_mask(code, pe, dropout, values, bits);
  const int first = code.here();
  append_count(code, bits, pe.tokens, DropoutMix::feature_step,
               {DropoutMix::counter(dropout.key, dropout.first_feature, dropout.first_sample),
                DropoutMix::feature_step * static_cast<std::uint32_t>(settings.queries), DropoutMix::sample_step});
  append_mix(code, dropout, bits, pe.tokens);
  append_drop(code, dropout, values, bits, pe.tokens);
  code.loop(first, pe.features, 0);
}

float kept_scale(const LineSettings& settings) {
  const double probability = settings.dropout.probability;
  return probability > 0 ? dropout_scale(settings.format, probability) : 1.0F;
}

bool is_dropped(const ProgramLaunch& launch, std::size_t at) {
  const Dropout& dropout = launch.line.dropout;
  const auto tokens = static_cast<std::size_t>(launch.block.tokens);
  int row = static_cast<int>(at / tokens);
  if (of_tile(launch.line)) row = row_of_score(*launch.line.windows, launch.block.together, row);
  const std::uint32_t bits = dropout_bits(dropout.key, dropout.first_feature + static_cast<std::uint32_t>(row),
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
