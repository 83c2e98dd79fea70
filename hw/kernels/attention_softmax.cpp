#include "hw/kernels/attention_softmax.h"

#include <algorithm>

#include "hw/kernels/column_sum.h"
#include "hw/kernels/score_program.h"
#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

class AttentionSoftmax : public ScoreProgram {
 public:
  AttentionSoftmax(const LinePe& pe, const LineSettings& settings);

 private:
  void add_powers();
  void share();
};

// P takes the place of what has been worked with.
AttentionSoftmax::AttentionSoftmax(const LinePe& pe, const LineSettings& settings) : ScoreProgram(pe, settings) {
  lay_out();
  code_.writes({Operand::kept, LineFormat::half, scratch_});
  mask();
  append_less_maximum(code_, pe_, scores_, powers_);
  add_powers();
  share();
}

void AttentionSoftmax::add_powers() {
  raise();
  drop_masked();
  code_.fill(sums_, pe_.tokens, 0.0F);
  code_.over_features(Opcode::add32, sums_, powers_);
  code_.reduce(Opcode::add32, sums_, pe_.tokens);
}

// Masked once more: zero times NaN.
void AttentionSoftmax::share() {
  const int factor = scores_;
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
  int sums, scales, end;      ///< fp32 [tokens]; where deltas come in windows, their table behind these

  explicit SoftmaxDeltas(const LinePe& pe)
      : deltas(0),
        probabilities(2 * pe.elements()),
        products(first_banks(probabilities + pe.elements())),
        wide(other_banks(products + 2 * pe.elements())),
        sums(other_banks(wide + 2 * pe.elements())),
        scales(other_banks(sums + 2 * pe.tokens)),
        end(scales + 2 * pe.tokens) {}
};

}  // namespace

LineProgram attention_softmax_program(const LinePe& pe, const LineSettings& settings) {
  return AttentionSoftmax(pe.grouped(settings.queries), settings).finish();
}

namespace {

/// What P dP adds up to over the keys is made here, or, of a tile, stands in row 0.
enum class DeltaSums { made, given };

LineProgram delta_program(const LinePe& of_heads, const LineSettings& settings, DeltaSums sums) {
  const LinePe pe = of_heads.grouped(settings.queries);
  const int n = pe.elements();
  const SoftmaxDeltas at(pe);
  const bool stored = settings.windows && settings.windows->stored;
  const bool windows = stored && settings.dropout.probability == 0;  // dropout has laid them out
  LineCode code(pe, at.end + (windows ? 4 * pe.features : 0));
  code.reads({Operand::kept, LineFormat::half, at.probabilities});
  code.reads({Operand::deltas, windows ? LineFormat::windows : LineFormat::fp32, windows ? at.wide : at.deltas});
  if (sums == DeltaSums::given && pe.row == 0) code.reads({Operand::output_sums, LineFormat::of_heads, at.sums});
  code.writes({Operand::score_deltas, LineFormat::half, at.products});
  if (windows) {
    code.windows(at.end);
    code.fill(at.deltas, n, 0.0F);
    code.move_windows(at.deltas, at.wide, 2);
  }
  code.widen(at.wide, at.probabilities, n);
  if (sums == DeltaSums::made) {
    code.move(at.products, at.deltas, n);
    code.combine(Opcode::mul32, at.products, at.wide, n);
    code.fill(at.sums, pe.tokens, 0.0F);
    code.over_features(Opcode::add32, at.sums, at.products);
    code.reduce(Opcode::add32, at.sums, pe.tokens);
  }
  code.give_down(at.sums, pe.tokens);
  code.of_tokens(Opcode::sub32, at.deltas, at.sums);
  code.combine(Opcode::mul32, at.deltas, at.wide, n);
  code.fill(at.scales, pe.tokens, settings.score_scale);
  code.of_tokens(Opcode::mul32, at.deltas, at.scales);
  code.combine(Opcode::to_half16, at.products, at.deltas, n);
  return code.finish();
}

}  // namespace

LineProgram attention_softmax_backward_program(const LinePe& pe, const LineSettings& settings) {
  return delta_program(pe, settings, DeltaSums::made);
}

LineProgram attention_score_deltas_program(const LinePe& pe, const LineSettings& settings) {
  return delta_program(pe, settings, DeltaSums::given);
}

std::vector<std::uint32_t> attention_softmax_plain(const ProgramLaunch& launch) {
  if (launch.line.queries > 1) return by_head(launch, attention_softmax_plain, {launch.block.places()});
  const BlockMap& block = launch.block;
  const std::vector<std::uint32_t> scores = biased_scores(launch);
  std::vector<std::uint32_t> results(scores.size());
  for (int token = 0; token < block.tokens; ++token) {
    const PlainSoftmax::Seen seen = seen_by(launch, token);
    if (std::find(seen.begin(), seen.end(), true) == seen.end()) continue;
    const PlainSoftmax softmax(block, scores, token, seen, launch.line.score_scale);
    for (int key = 0; key < block.features; ++key)
      if (seen[static_cast<std::size_t>(key)])
        results[static_cast<std::size_t>(key * block.tokens + token)] =
            to_half(launch.line.format, multiply(softmax.power(key), softmax.reciprocal()));
  }
  return results;
}

std::vector<std::uint32_t> attention_score_deltas_plain(const ProgramLaunch& launch) {
  // The sums are an operand, the third.
  return attention_softmax_backward_plain(launch);
}

std::vector<std::uint32_t> attention_softmax_backward_plain(const ProgramLaunch& launch) {
  if (launch.line.queries > 1) return by_head(launch, attention_softmax_backward_plain, {launch.block.places()});
  const BlockMap& block = launch.block;
  const std::vector<std::uint32_t>& probabilities = launch.operands[0];
  std::vector<std::uint32_t> deltas = launch.operands[1];
  for (std::size_t at = 0; at < deltas.size() && launch.line.dropout.probability == 0; ++at)
    deltas[at] = stored_element(launch, 1, at);
  const HalfFormat format = launch.line.format;
  std::vector<std::uint32_t> results(deltas.size());
  for (int token = 0; token < block.tokens; ++token) {
    const auto at = [&](int key) { return static_cast<std::size_t>(key * block.tokens + token); };
    const auto probability = [&](int key) {
      const std::uint16_t one = float_to_half(format, 1.0F);
      return fused_multiply_add(format, one, static_cast<std::uint16_t>(probabilities[at(key)]), 0);
    };
    const std::uint32_t sum =
        launch.operands.size() > 2
            ? launch.operands[2][static_cast<std::size_t>(token)]
            : column_sum(block, [&](int key) { return multiply(deltas[at(key)], probability(key)); });
    for (int key = 0; key < block.features; ++key) {
      const std::uint32_t turned = multiply(subtract(deltas[at(key)], sum), probability(key));
      results[at(key)] = to_half(format, multiply(turned, result_bits(launch.line.score_scale)));
    }
  }
  return results;
}

}  // namespace weft::hw
