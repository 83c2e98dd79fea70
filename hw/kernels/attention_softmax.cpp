#include "hw/kernels/attention_softmax.h"

#include <algorithm>
#include <limits>

#include "hw/kernels/column_sum.h"
#include "hw/kernels/softmax.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

class AttentionSoftmax {
 public:
  AttentionSoftmax(const LinePe& pe, const LineSettings& settings);
  LineProgram finish() { return code_.finish(); }

 private:
  void find_masked();
  void mask_scores();
  void drop_masked();
  void add_powers();
  void share();

  static constexpr int scores = 0;                    ///< word, fp32 [keys][tokens]
  static constexpr std::uint32_t later = 0x80000000;  ///< a counter of key less token, from here on

  LinePe pe_;
  float scale_;
  bool causal_;
  int elements_;
  std::uint16_t low_half_;  ///< -infinity: of a key that the token does not attend to
  /// fp32 [keys][tokens] and [tokens]; halves [keys][tokens], -infinity where masked, else 0.
  int scratch_, powers_, sums_, masked_;
  LineCode code_;
};

// P takes the place of what has been worked with.
AttentionSoftmax::AttentionSoftmax(const LinePe& pe, const LineSettings& settings)
    : pe_(pe),
      scale_(settings.score_scale),
      causal_(settings.causal),
      elements_(pe.elements()),
      low_half_(float_to_half(pe.format, -std::numeric_limits<float>::infinity())),
      scratch_(other_banks(2 * elements_)),
      powers_(other_banks(scratch_ + 2 * elements_)),
      sums_(other_banks(powers_ + 2 * elements_) - 2),
      masked_(sums_ + 2 * pe.tokens),
      code_(pe, masked_ + (causal_ ? elements_ + elements_ % 2 : 0)) {
  code_.reads({Operand::values, LineFormat::fp32, scores});
  code_.writes({Operand::kept, LineFormat::half, scratch_});
  if (causal_) {
    find_masked();
    mask_scores();
  }
  append_less_maximum(code_, pe_, scores, powers_);
  add_powers();
  share();
}

/// A key at a time: a counter of each token's distance to it.
void AttentionSoftmax::find_masked() {
  const int distance = scratch_, ones = sums_;
  code_.fill(masked_, (elements_ + 1) / 2, std::uint32_t{low_half_} << 16 | low_half_);
  Instruction count = LineCode::vector(Opcode::count32, distance, 0, pe_.tokens);
  count.element_stride = 1;
  count.c = static_cast<std::uint16_t>(code_.place({{later, ~0U, 1}}));
  code_.add(count);
  code_.multiply_integer(distance, pe_.tokens, ~0U);
  code_.fill(ones, pe_.tokens, 1U);
  const int first = code_.here();
  Instruction attended = LineCode::vector(Opcode::zero_below16, masked_, distance, pe_.tokens);
  attended.c = static_cast<std::uint16_t>(code_.place(later + 1));
  code_.add(attended);
  code_.shift(Opcode::add_left32, distance, ones, pe_.tokens, 0);
  code_.loop(first, pe_.features, 0);
}

/// -infinity, whatever the score was.
void AttentionSoftmax::mask_scores() {
  code_.compare(Opcode::zero_equal32, scores, elements_, 1, {masked_, 1, {low_half_}, 0});
  code_.add_halves(scores, masked_, elements_, 1.0F);
}

void AttentionSoftmax::drop_masked() {
  if (causal_) code_.compare(Opcode::zero_equal32, powers_, elements_, 1, {masked_, 1, {low_half_}, 0});
}

void AttentionSoftmax::add_powers() {
  code_.fill(scratch_, pe_.tokens, scale_);
  code_.of_tokens(Opcode::mul32, scores, scratch_);
  append_exponentials(code_, scores, scratch_, powers_, elements_);
  drop_masked();
  code_.fill(sums_, pe_.tokens, 0.0F);
  code_.over_features(Opcode::add32, sums_, powers_);
  code_.reduce(Opcode::add32, sums_, pe_.tokens);
}

// Masked once more: zero times NaN.
void AttentionSoftmax::share() {
  const int factor = scores;
  if (pe_.row == 0) append_reciprocals(code_, sums_, scratch_, factor, pe_.tokens);
  code_.give_down(factor, pe_.tokens);
  code_.of_tokens(Opcode::mul32, powers_, factor);
  drop_masked();
  code_.combine(Opcode::to_half16, scratch_, powers_, elements_);
}

/// Words. `deltas` and `products` are in other banks than what they are combined with.
struct SoftmaxDeltas {
  int deltas, probabilities;  ///< operands, fp32 and halves [keys][tokens]
  int products, wide;         ///< fp32 [keys][tokens]; the result takes the place of the first
  int sums, scales, end;      ///< fp32 [tokens]

  explicit SoftmaxDeltas(const LinePe& pe)
      : deltas(0),
        probabilities(2 * pe.elements()),
        products(static_cast<int>(ceil_div(probabilities + pe.elements(), 4)) * 4),
        wide(other_banks(products + 2 * pe.elements())),
        sums(other_banks(wide + 2 * pe.elements())),
        scales(other_banks(sums + 2 * pe.tokens)),
        end(scales + 2 * pe.tokens) {}
};

}  // namespace

LineProgram attention_softmax_program(const LinePe& pe, const LineSettings& settings) {
  return AttentionSoftmax(pe, settings).finish();
}

LineProgram attention_softmax_backward_program(const LinePe& pe, const LineSettings& settings) {
  const int n = pe.elements();
  const SoftmaxDeltas at(pe);
  LineCode code(pe, at.end);
  code.reads({Operand::kept, LineFormat::half, at.probabilities});
  code.reads({Operand::deltas, LineFormat::fp32, at.deltas});
  code.writes({Operand::score_deltas, LineFormat::half, at.products});
  code.fill(at.wide, n, 0.0F);
  code.add_halves(at.wide, at.probabilities, n, 1.0F);
  code.move(at.products, at.deltas, n);
  code.combine(Opcode::mul32, at.products, at.wide, n);
  code.fill(at.sums, pe.tokens, 0.0F);
  code.over_features(Opcode::add32, at.sums, at.products);
  code.reduce(Opcode::add32, at.sums, pe.tokens);
  code.give_down(at.sums, pe.tokens);
  code.of_tokens(Opcode::sub32, at.deltas, at.sums);
  code.combine(Opcode::mul32, at.deltas, at.wide, n);
  code.fill(at.scales, pe.tokens, settings.score_scale);
  code.of_tokens(Opcode::mul32, at.deltas, at.scales);
  code.combine(Opcode::to_half16, at.products, at.deltas, n);
  return code.finish();
}

std::vector<std::uint32_t> attention_softmax_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  const std::vector<std::uint32_t>& scores = launch.operands[0];
  std::vector<std::uint32_t> results(scores.size());
  for (int token = 0; token < block.tokens; ++token) {
    const int keys = launch.line.causal ? std::min(block.features, token + 1) : block.features;
    const PlainSoftmax softmax(block, scores, token, keys, launch.line.score_scale);
    for (int key = 0; key < keys; ++key)
      results[static_cast<std::size_t>(key * block.tokens + token)] =
          to_half(launch.line.format, multiply(softmax.power(key), softmax.reciprocal()));
  }
  return results;
}

std::vector<std::uint32_t> attention_softmax_backward_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  const std::vector<std::uint32_t>&probabilities = launch.operands[0], &deltas = launch.operands[1];
  const HalfFormat format = launch.line.format;
  std::vector<std::uint32_t> results(deltas.size());
  for (int token = 0; token < block.tokens; ++token) {
    const auto at = [&](int key) { return static_cast<std::size_t>(key * block.tokens + token); };
    const auto probability = [&](int key) {
      const std::uint16_t one = float_to_half(format, 1.0F);
      return fused_multiply_add(format, one, static_cast<std::uint16_t>(probabilities[at(key)]), 0);
    };
    const std::uint32_t sum = column_sum(block, [&](int key) { return multiply(deltas[at(key)], probability(key)); });
    for (int key = 0; key < block.features; ++key) {
      const std::uint32_t turned = multiply(subtract(deltas[at(key)], sum), probability(key));
      results[at(key)] = to_half(format, multiply(turned, result_bits(launch.line.score_scale)));
    }
  }
  return results;
}

}  // namespace weft::hw
