#include "hw/kernels/attention_softmax.h"

#include <algorithm>
#include <limits>

#include "hw/kernels/column_sum.h"
#include "hw/kernels/softmax.h"
#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

class AttentionSoftmax {
 public:
  AttentionSoftmax(const LinePe& pe, const LineSettings& settings);
  LineProgram finish() { return code_.finish(); }

 private:
  void bias_scores();
  void find_masked();
  void find_left_out();
  void mask_scores();
  void drop_masked();
  void add_powers();
  void share();

  static constexpr int scores = 0;        ///< word, fp32 [keys][tokens]
  static constexpr int words_of_key = 2;  ///< a window or a number

  LinePe pe_;
  float scale_;
  AttentionMask mask_;
  LinearBias bias_;
  int queries_;
  int elements_;
  bool windows_;            ///< scores stand in windows, whose tables say the mask
  std::uint16_t low_half_;  ///< -infinity: of a key that the token does not attend to
  /// fp32 [keys][tokens] and [tokens]; halves [keys][tokens], -infinity where masked, else 0.
  int scratch_, powers_, sums_, masked_;
  int keys_;  ///< their numbers, behind the windows' table
  LineCode code_;
};

// P takes the place of what has been worked with.
AttentionSoftmax::AttentionSoftmax(const LinePe& pe, const LineSettings& settings)
    : pe_(pe),
      scale_(settings.score_scale),
      mask_(settings.mask),
      bias_(settings.bias),
      queries_(settings.queries),
      elements_(pe.elements()),
      windows_(settings.windows != nullptr),
      low_half_(float_to_half(pe.format, -std::numeric_limits<float>::infinity())),
      scratch_(other_banks(2 * elements_)),
      powers_(other_banks(scratch_ + 2 * elements_)),
      sums_(other_banks(powers_ + 2 * elements_) - 2),
      masked_(sums_ + 2 * pe.tokens),
      keys_(masked_ + (mask_.any() ? elements_ + elements_ % 2 : 0) + (windows_ ? 2 * words_of_key * pe.features : 0)),
      code_(pe, keys_ + (windows_ && bias_.any() ? words_of_key * pe.features : 0)) {
  code_.reads({Operand::values, windows_ ? LineFormat::windows : LineFormat::fp32, windows_ ? powers_ : scores});
  code_.writes({Operand::kept, LineFormat::half, scratch_});
  if (windows_) {
    code_.windows(keys_ - 2 * words_of_key * pe.features);
    if (bias_.any()) code_.keys(keys_);
    code_.move_windows(scores, powers_, words_of_key);
  }
  if (bias_.any()) bias_scores();
  if (mask_.any()) {
    if (windows_) {
      find_left_out();
    } else {
      find_masked();
    }
    mask_scores();
  }
  append_less_maximum(code_, pe_, scores, powers_);
  add_powers();
  share();
}

/// Each key's number times the slopes of the heads of queries.
void AttentionSoftmax::bias_scores() {
  const int keys = windows_ ? keys_ : scratch_, slopes = powers_, tokens = pe_.tokens / queries_;
  if (!windows_) {
    Instruction count = LineCode::vector(Opcode::count32, keys, 0, pe_.features);
    count.element_stride = 1;
    count.c = static_cast<std::uint16_t>(code_.place({{integer_place_bits, 1, 0}}));
    code_.add(count);
    code_.fill(slopes, pe_.features, integer_place);
    code_.combine(Opcode::sub32, keys, slopes, pe_.features);
  }
  for (int head = 0; head < queries_; ++head)
    code_.fill(slopes + 2 * head * tokens, tokens, bias_.slope(head) / scale_);
  const int first = code_.here();
  Instruction biased = LineCode::vector(Opcode::fmac32, scores, slopes, pe_.tokens);
  biased.element_stride = 2;
  biased.c = static_cast<std::uint16_t>(keys);
  biased.scalars = 1;
  code_.add(biased);
  code_.loop(first, pe_.features, 0);
}

/// A key at a time: a counter of key less token, which begins where the first key that a token attends to has 0; so
/// those it attends to are below a number, unsigned. Of a length a counter of keys alone, which ends where the length
/// has it.
void AttentionSoftmax::find_masked() {
  const int distance = scratch_, ones = sums_;
  constexpr std::uint32_t half_of_all = 0x80000000;
  const std::uint32_t before = mask_.reach > 0    ? static_cast<std::uint32_t>(mask_.reach) - 1
                               : mask_.length > 0 ? half_of_all - static_cast<std::uint32_t>(mask_.length)
                                                  : half_of_all;
  const std::uint16_t per_token = mask_.length > 0 ? 0 : 1;
  code_.fill(masked_, (elements_ + 1) / 2, std::uint32_t{low_half_} << 16 | low_half_);
  const int tokens = pe_.tokens / queries_;
  Instruction count = LineCode::vector(Opcode::count32, distance, 0, tokens);
  count.element_stride = per_token;
  count.c = static_cast<std::uint16_t>(code_.place({{0U - before, ~0U, per_token}}));
  code_.add(count);
  code_.repeat(distance, tokens, queries_);
  code_.multiply_integer(distance, pe_.tokens, ~0U);
  code_.fill(ones, pe_.tokens, 1U);
  const int first = code_.here();
  Instruction attended = LineCode::vector(Opcode::zero_below16, masked_, distance, pe_.tokens);
  attended.c = static_cast<std::uint16_t>(code_.place(mask_.causal ? before + 1 : half_of_all));
  code_.add(attended);
  code_.shift(Opcode::add_left32, distance, ones, pe_.tokens, 0);
  code_.loop(first, pe_.features, 0);
}

/// What is in no window, of those that the mask leaves.
void AttentionSoftmax::find_left_out() {
  const int left_out = scratch_, nothing = code_.place(0U);
  code_.fill(masked_, (elements_ + 1) / 2, std::uint32_t{low_half_} << 16 | low_half_);
  code_.fill(left_out, elements_, ~0U);
  code_.move_windows(left_out, nothing, 0);
  Instruction attended = LineCode::vector(Opcode::zero_below16, masked_, left_out, elements_);
  attended.c = static_cast<std::uint16_t>(code_.place(1U));
  code_.add(attended);
}

/// -infinity, whatever the score was.
void AttentionSoftmax::mask_scores() {
  code_.compare(Opcode::zero_equal32, scores, elements_, 1, {masked_, 1, {low_half_}, 0});
  code_.add_halves(scores, masked_, elements_, 1.0F);
}

void AttentionSoftmax::drop_masked() {
  if (mask_.any()) code_.compare(Opcode::zero_equal32, powers_, elements_, 1, {masked_, 1, {low_half_}, 0});
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
  int sums, scales, end;      ///< fp32 [tokens]; where deltas come in windows, their table behind these

  explicit SoftmaxDeltas(const LinePe& pe)
      : deltas(0),
        probabilities(2 * pe.elements()),
        products(static_cast<int>(ceil_div(probabilities + pe.elements(), 4)) * 4),
        wide(other_banks(products + 2 * pe.elements())),
        sums(other_banks(wide + 2 * pe.elements())),
        scales(other_banks(sums + 2 * pe.tokens)),
        end(scales + 2 * pe.tokens) {}
};

/// Of grouped queries each head alone: of a key one row in `queries`.
std::vector<std::uint32_t> by_head(const ProgramLaunch& launch,
                                   std::vector<std::uint32_t> (&of_head)(const ProgramLaunch&)) {
  const auto queries = static_cast<std::size_t>(launch.line.queries),
             tokens = static_cast<std::size_t>(launch.block.tokens);
  ProgramLaunch alone = launch;
  alone.line.queries = 1;
  alone.block = {launch.block.rectangle, launch.block.places(), launch.block.tokens};
  std::vector<std::uint32_t> results(launch.operands.front().size());
  for (std::size_t head = 0; head < queries; ++head) {
    alone.line.bias.first_head = launch.line.bias.first_head + static_cast<int>(head);
    const auto place = [&](std::size_t at) { return (at / tokens * queries + head) * tokens + at % tokens; };
    for (std::size_t operand = 0; operand < launch.operands.size(); ++operand) {
      std::vector<std::uint32_t>& own = alone.operands[operand];
      own.resize(results.size() / queries);
      for (std::size_t at = 0; at < own.size(); ++at) own[at] = launch.operands[operand][place(at)];
    }
    const std::vector<std::uint32_t> made = of_head(alone);
    for (std::size_t at = 0; at < made.size(); ++at) results[place(at)] = made[at];
  }
  return results;
}

int number_of_key(const ProgramLaunch& launch, std::size_t place) {
  return launch.line.windows ? launch.line.windows->keys[place] : static_cast<int>(place);
}

/// Which keys a token attends to; of a length those below it, whichever token it is.
PlainSoftmax::Seen seen_by(const ProgramLaunch& launch, int token) {
  const AttentionMask& mask = launch.line.mask;
  const AttentionMask before{mask.causal, mask.reach};
  PlainSoftmax::Seen seen;
  for (std::size_t key = 0; key < static_cast<std::size_t>(launch.block.features); ++key) {
    const int number = number_of_key(launch, key);
    seen.push_back(before.attends(launch.block.order().number_at(token), number) &&
                   (mask.length == 0 || number < mask.length));
  }
  return seen;
}

std::vector<std::uint32_t> biased_scores(const ProgramLaunch& launch) {
  std::vector<std::uint32_t> scores = launch.operands[0];
  if (!launch.line.bias.any()) return scores;
  const std::uint32_t slope = result_bits(launch.line.bias.slope(0) / launch.line.score_scale);
  const auto tokens = static_cast<std::size_t>(launch.block.tokens);
  for (std::size_t at = 0; at < scores.size(); ++at)
    scores[at] =
        fused_multiply_add32(result_bits(static_cast<float>(number_of_key(launch, at / tokens))), slope, scores[at]);
  return scores;
}

}  // namespace

LineProgram attention_softmax_program(const LinePe& pe, const LineSettings& settings) {
  return AttentionSoftmax(pe.grouped(settings.queries), settings).finish();
}

LineProgram attention_softmax_backward_program(const LinePe& of_heads, const LineSettings& settings) {
  const LinePe pe = of_heads.grouped(settings.queries);
  const int n = pe.elements();
  const SoftmaxDeltas at(pe);
  const bool windows = settings.windows && settings.dropout.probability == 0;  // dropout has laid them out
  LineCode code(pe, at.end + (windows ? 4 * pe.features : 0));
  code.reads({Operand::kept, LineFormat::half, at.probabilities});
  code.reads({Operand::deltas, windows ? LineFormat::windows : LineFormat::fp32, windows ? at.wide : at.deltas});
  code.writes({Operand::score_deltas, LineFormat::half, at.products});
  if (windows) {
    code.windows(at.end);
    code.fill(at.deltas, n, 0.0F);
    code.move_windows(at.deltas, at.wide, 2);
  }
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
  if (launch.line.queries > 1) return by_head(launch, attention_softmax_plain);
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

std::vector<std::uint32_t> attention_softmax_backward_plain(const ProgramLaunch& launch) {
  if (launch.line.queries > 1) return by_head(launch, attention_softmax_backward_plain);
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
    const std::uint32_t sum = column_sum(block, [&](int key) { return multiply(deltas[at(key)], probability(key)); });
    for (int key = 0; key < block.features; ++key) {
      const std::uint32_t turned = multiply(subtract(deltas[at(key)], sum), probability(key));
      results[at(key)] = to_half(format, multiply(turned, result_bits(launch.line.score_scale)));
    }
  }
  return results;
}

}  // namespace weft::hw
