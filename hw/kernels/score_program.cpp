#include "hw/kernels/score_program.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

constexpr int words_of_key = 2;  // a window or a number

int number_of_key(const ProgramLaunch& launch, std::size_t place) {
  return launch.line.windows ? launch.line.windows->keys[place] : static_cast<int>(place);
}

}  // namespace

ScoreProgram::ScoreProgram(const LinePe& pe, const LineSettings& settings, int behind, int own)
    : pe_(pe),
      scale_(settings.score_scale),
      mask_(settings.mask),
      bias_(settings.bias),
      queries_(settings.queries),
      elements_(pe.elements()),
      rows_(pe.features + behind),
      stored_(settings.windows && settings.windows->stored),
      numbered_(settings.windows != nullptr),
      low_half_(float_to_half(pe.format, -std::numeric_limits<float>::infinity())),
      scratch_(other_banks(2 * rows_ * pe.tokens)),
      powers_(other_banks(scratch_ + 2 * rows_ * pe.tokens)),
      sums_(other_banks(powers_ + 2 * rows_ * pe.tokens) - 2),
      masked_(sums_ + 2 * pe.tokens),
      tables_(masked_ + (mask_.any() ? elements_ + elements_ % 2 : 0)),
      keys_(tables_ + (stored_ ? 2 * words_of_key * pe.features : 0)),
      own_(other_banks(end_of_keys())),
      code_(pe, own > 0 ? own_ + 2 * own * pe.tokens : end_of_keys()) {}

void ScoreProgram::lay_out() {
  code_.reads({Operand::values, stored_ ? LineFormat::windows : LineFormat::fp32, stored_ ? powers_ : scores_});
  if (asks_for_numbers()) code_.keys(keys_);
  if (!stored_) return;
  code_.windows(tables_);
  code_.move_windows(scores_, powers_, words_of_key);
}

void ScoreProgram::mask() {
  if (bias_.any()) bias_scores();
  if (!mask_.any()) return;
  if (stored_) {
    find_left_out();
  } else if (numbered_) {
    find_masked_by_numbers();
  } else {
    find_masked();
  }
  mask_scores();
}

void ScoreProgram::raise() {
  code_.fill(scratch_, pe_.tokens, scale_);
  code_.combine_rows(Opcode::mul32, scores_, scratch_, pe_.tokens, rows_, {2 * pe_.tokens, 0});
  append_exponentials(code_, scores_, scratch_, powers_, rows_ * pe_.tokens);
}

/// Each key's number times the slopes of the heads of queries.
void ScoreProgram::bias_scores() {
  const int slopes = powers_, tokens = pe_.tokens / queries_;
  if (!numbered_) {
    const int keys = scratch_;
    Instruction count = LineCode::vector(Opcode::count32, keys, 0, pe_.features);
    count.element_stride = 1;
    count.c = static_cast<std::uint16_t>(code_.place({{integer_place_bits, 1, 0}}));
    code_.add(count);
    code_.fill(slopes, pe_.features, integer_place);
    code_.combine(Opcode::sub32, keys, slopes, pe_.features);
  }
  for (int head = 0; head < queries_; ++head)
    code_.fill(slopes + 2 * head * tokens, tokens, bias_.slope(head) / scale_);
  add_numbers(scores_, slopes);
}

void ScoreProgram::add_numbers(int sums, int of_token) {
  code_.add_numbers(sums, of_token, numbered_ ? keys_ : scratch_, pe_.features);
}

/// A token less a key, as whole numbers that an fp32 holds exactly beside 1.5 x 2^23, whose low bits are theirs. Ten
/// places further on nothing else is left, so that those that are attended to are below a number, unsigned. Not causal
/// they begin where no difference is below 0. Of a length the key alone. Precondition: a sequence has no more than 2^20
/// tokens.
void ScoreProgram::find_masked_by_numbers() {
  constexpr std::uint32_t most = 1U << 20, places = 1U << 10;
  const int distance = scratch_, signs = sums_, tokens = pe_.tokens / queries_;
  code_.fill(masked_, (elements_ + 1) / 2, std::uint32_t{low_half_} << 16 | low_half_);
  std::uint32_t end = integer_place_bits + static_cast<std::uint32_t>(mask_.length);
  if (mask_.length > 0) {
    code_.fill(distance, elements_, integer_place);
    code_.fill(signs, pe_.tokens, 1.0F);
    add_numbers(distance, signs);
  } else {
    const std::uint32_t begin = mask_.causal ? 0 : most;
    Instruction count = LineCode::vector(Opcode::count32, distance, 0, tokens);
    count.element_stride = 1;
    count.c = static_cast<std::uint16_t>(code_.place({{integer_place_bits + begin, 0, 1}}));
    code_.add(count);
    code_.repeat(distance, tokens, elements_ / tokens);
    code_.fill(signs, pe_.tokens, -1.0F);
    add_numbers(distance, signs);
    code_.multiply_integer(distance, elements_, places);
    end = (begin + (mask_.reach > 0 ? static_cast<std::uint32_t>(mask_.reach) : most)) * places;
  }
  Instruction attended = LineCode::vector(Opcode::zero_below16, masked_, distance, elements_);
  attended.c = static_cast<std::uint16_t>(code_.place(end));
  code_.add(attended);
}

/// A key at a time: a counter of key less token, which begins where the first key that a token attends to has 0; so
/// those it attends to are below a number, unsigned. Of a length a counter of keys alone, which ends where the length
/// has it.
void ScoreProgram::find_masked() {
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
void ScoreProgram::find_left_out() {
  const int left_out = scratch_, nothing = code_.place(0U);
  code_.fill(masked_, (elements_ + 1) / 2, std::uint32_t{low_half_} << 16 | low_half_);
  code_.fill(left_out, elements_, ~0U);
  code_.move_windows(left_out, nothing, 0);
  Instruction attended = LineCode::vector(Opcode::zero_below16, masked_, left_out, elements_);
  attended.c = static_cast<std::uint16_t>(code_.place(1U));
  code_.add(attended);
}

/// -infinity, whatever the score was.
void ScoreProgram::mask_scores() {
  code_.compare(Opcode::zero_equal32, scores_, elements_, 1, {masked_, 1, {low_half_}, 0});
  code_.add_halves(scores_, masked_, elements_, 1.0F);
}

void ScoreProgram::drop_masked() {
  if (mask_.any()) code_.compare(Opcode::zero_equal32, powers_, elements_, 1, {masked_, 1, {low_half_}, 0});
}

std::vector<std::uint32_t> by_head(const ProgramLaunch& launch,
                                   std::vector<std::uint32_t> (&of_head)(const ProgramLaunch&),
                                   const std::vector<int>& rows) {
  const auto queries = static_cast<std::size_t>(launch.line.queries),
             tokens = static_cast<std::size_t>(launch.block.tokens);
  ProgramLaunch alone = launch;
  alone.line.queries = 1;
  alone.block = {launch.block.rectangle, launch.block.places(), launch.block.tokens};
  const auto all = static_cast<std::size_t>(std::accumulate(rows.begin(), rows.end(), 0));
  std::vector<std::uint32_t> results(all * queries * tokens);
  for (std::size_t head = 0; head < queries; ++head) {
    alone.line.bias.first_head = launch.line.bias.first_head + static_cast<int>(head);
    const auto place = [&](std::size_t at) { return (at / tokens * queries + head) * tokens + at % tokens; };
    for (std::size_t operand = 0; operand < launch.operands.size(); ++operand) {
      std::vector<std::uint32_t>& own = alone.operands[operand];
      own.resize(launch.operands[operand].size() / queries);
      for (std::size_t at = 0; at < own.size(); ++at) own[at] = launch.operands[operand][place(at)];
    }
    const std::vector<std::uint32_t> made = of_head(alone);
    std::size_t at = 0, first = 0;
    for (const int of_row : rows) {
      const std::size_t count = static_cast<std::size_t>(of_row) * tokens;
      for (std::size_t each = 0; each < count; ++each) results[first + place(each)] = made[at++];
      first += count * queries;
    }
  }
  return results;
}

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

}  // namespace weft::hw
