#include "hw/kernels/attention_tiles.h"

#include <limits>

#include "hw/kernels/column_sum.h"
#include "hw/kernels/score_program.h"
#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

constexpr float lowest = std::numeric_limits<float>::lowest();

/// In row 0 the greatest of the tiles before is a row behind the scores, and what its power is, is f.
class TileSoftmax : public ScoreProgram {
 public:
  TileSoftmax(const LinePe& pe, const LineSettings& settings)
      : ScoreProgram(pe, settings, pe.row == 0 ? 1 : 0, pe.row == 0 ? 2 : 0),
        top_(pe.row == 0),
        before_(scores_ + 2 * elements_),
        factor_(powers_ + 2 * elements_),
        greatest_(own_),
        total_(own_ + 2 * pe.tokens) {
    lay_out();
    code_.writes({Operand::kept, LineFormat::half, scratch_});
    if (top_) begin(settings.tile);
    mask();
    take_greatest();
    raise();
    drop_masked();
    code_.combine(Opcode::to_half16, scratch_, powers_, elements_);
    add_powers();
  }

 private:
  void begin(int tile) {
    if (tile == 0) {
      code_.fill(before_, pe_.tokens, lowest);
      code_.fill(total_, pe_.tokens, 0.0F);
    } else {
      code_.reads({Operand::greatest, LineFormat::of_heads, before_});
      code_.reads({Operand::total, LineFormat::of_heads, total_});
    }
    code_.writes({Operand::greatest, LineFormat::of_heads, greatest_});
    code_.writes({Operand::total, LineFormat::of_heads, total_});
    code_.writes({Operand::factor, LineFormat::of_heads, factor_});
  }

  void take_greatest() {
    const int greatest = powers_, n = pe_.tokens;
    code_.fill(greatest, n, lowest);
    code_.combine_rows(Opcode::max32, greatest, scores_, n, rows_, {0, 2 * n});
    code_.reduce(Opcode::max32, greatest, n);
    code_.give_down(greatest, n);
    if (top_) code_.move(greatest_, greatest, n);
    code_.combine_rows(Opcode::sub32, scores_, greatest, n, rows_, {2 * n, 0});
  }

  void add_powers() {
    code_.fill(sums_, pe_.tokens, 0.0F);
    code_.over_features(Opcode::add32, sums_, powers_);
    code_.reduce(Opcode::add32, sums_, pe_.tokens);
    if (!top_) return;
    code_.combine(Opcode::mul32, total_, factor_, pe_.tokens);
    code_.combine(Opcode::add32, total_, sums_, pe_.tokens);
  }

  bool top_;
  int before_, factor_, greatest_, total_;
};

class Probabilities : public ScoreProgram {
 public:
  Probabilities(const LinePe& pe, const LineSettings& settings) : ScoreProgram(pe, settings, 0, 2) {
    const int greatest = own_, share = own_ + 2 * pe.tokens;
    lay_out();
    if (pe.row == 0) {
      code_.reads({Operand::greatest, LineFormat::of_heads, greatest});
      code_.reads({Operand::share, LineFormat::of_heads, share});
    }
    code_.writes({Operand::kept, LineFormat::half, scratch_});
    mask();
    code_.give_down(greatest, pe.tokens);
    code_.of_tokens(Opcode::sub32, scores_, greatest);
    raise();
    code_.give_down(share, pe.tokens);
    code_.of_tokens(Opcode::mul32, powers_, share);
    drop_masked();
    code_.combine(Opcode::to_half16, scratch_, powers_, elements_);
  }
};

/// [keys or features][tokens] of one head in plain loops: place of a row and a token.
std::size_t place(const BlockMap& block, int row, int token) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(block.tokens) + static_cast<std::size_t>(token);
}

std::uint32_t power(std::uint32_t score, std::uint32_t greatest, float scale) {
  return result_bits(machine_exp(float_of(multiply(subtract(score, greatest), result_bits(scale)))));
}

}  // namespace

LineProgram attention_softmax_tile_program(const LinePe& pe, const LineSettings& settings) {
  return TileSoftmax(pe.grouped(settings.queries), settings).finish();
}

LineProgram attention_probabilities_program(const LinePe& pe, const LineSettings& settings) {
  return Probabilities(pe.grouped(settings.queries), settings).finish();
}

LineProgram attention_rescale_program(const LinePe& of_heads, const LineSettings& settings) {
  const LinePe pe = of_heads.grouped(settings.queries);
  const int sums = 0, factor = other_banks(2 * pe.elements());
  LineCode code(pe, factor + 2 * pe.tokens);
  code.reads({Operand::sums, LineFormat::fp32, sums});
  if (pe.row == 0) code.reads({Operand::factor, LineFormat::of_heads, factor});
  code.writes({Operand::sums, LineFormat::fp32, sums});
  code.give_down(factor, pe.tokens);
  code.of_tokens(Opcode::mul32, sums, factor);
  return code.finish();
}

LineProgram attention_output_program(const LinePe& of_heads, const LineSettings& settings) {
  const LinePe pe = of_heads.grouped(settings.queries);
  const int sums = 0, share = other_banks(2 * pe.elements()), outputs = share + 2 * pe.tokens,
            total = other_banks(outputs + pe.elements() + pe.elements() % 2),
            scratch = other_banks(total + 2 * pe.tokens), end = pe.row == 0 ? scratch + 2 * pe.tokens : total;
  LineCode code(pe, end);
  code.reads({Operand::sums, LineFormat::fp32, sums});
  code.writes({Operand::values, LineFormat::half, outputs});
  if (pe.row == 0) {
    code.reads({Operand::total, LineFormat::of_heads, total});
    code.writes({Operand::share, LineFormat::of_heads, share});
    append_reciprocals(code, total, scratch, share, pe.tokens);
  }
  code.give_down(share, pe.tokens);
  code.of_tokens(Opcode::mul32, sums, share);
  code.combine(Opcode::to_half16, outputs, sums, pe.elements());
  return code.finish();
}

LineProgram attention_output_sums_program(const LinePe& of_heads, const LineSettings& settings) {
  const LinePe pe = of_heads.grouped(settings.queries);
  const int n = pe.elements(), even = n + n % 2;
  const int deltas = 0, outputs = even, products = 2 * even, wide = other_banks(products + 2 * n),
            sums = other_banks(wide + 2 * n);
  LineCode code(pe, sums + 2 * pe.tokens);
  code.reads({Operand::deltas, LineFormat::half, deltas});
  code.reads({Operand::values, LineFormat::half, outputs});
  if (pe.row == 0) code.writes({Operand::output_sums, LineFormat::of_heads, sums});
  code.widen(products, deltas, n);
  code.widen(wide, outputs, n);
  code.combine(Opcode::mul32, products, wide, n);
  code.fill(sums, pe.tokens, 0.0F);
  code.over_features(Opcode::add32, sums, products);
  code.reduce(Opcode::add32, sums, pe.tokens);
  return code.finish();
}

std::vector<std::uint32_t> attention_softmax_tile_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  if (launch.line.queries > 1) return by_head(launch, attention_softmax_tile_plain, {block.places(), 1, 1, 1});
  const std::vector<std::uint32_t> scores = biased_scores(launch);
  std::vector<std::uint32_t> halves(scores.size()), greatests, totals, factors;
  for (int token = 0; token < block.tokens; ++token) {
    const auto at = static_cast<std::size_t>(token);
    const PlainSoftmax::Seen seen = seen_by(launch, token);
    const auto sees = [&](int key) { return seen[static_cast<std::size_t>(key)]; };
    const std::uint32_t before = launch.line.tile > 0 ? launch.operands[1][at] : result_bits(lowest),
                        total = launch.line.tile > 0 ? launch.operands[2][at] : 0;
    std::uint32_t greatest = maximum(result_bits(lowest), before);
    for (int key = 0; key < block.features; ++key)
      if (sees(key)) greatest = maximum(greatest, scores[place(block, key, token)]);
    const auto of_key = [&](int key) {
      return sees(key) ? power(scores[place(block, key, token)], greatest, launch.line.score_scale) : 0;
    };
    const std::uint32_t sum = column_sum(block, of_key);
    for (int key = 0; key < block.features; ++key)
      halves[place(block, key, token)] = to_half(launch.line.format, of_key(key));
    greatests.push_back(greatest);
    factors.push_back(power(before, greatest, launch.line.score_scale));
    totals.push_back(add(multiply(total, factors.back()), sum));
  }
  for (const std::vector<std::uint32_t>& more : {greatests, totals, factors})
    halves.insert(halves.end(), more.begin(), more.end());
  return halves;
}

std::vector<std::uint32_t> attention_probabilities_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  if (launch.line.queries > 1) return by_head(launch, attention_probabilities_plain, {block.places()});
  const std::vector<std::uint32_t> scores = biased_scores(launch);
  std::vector<std::uint32_t> halves(scores.size());
  for (int token = 0; token < block.tokens; ++token) {
    const auto at = static_cast<std::size_t>(token);
    const PlainSoftmax::Seen seen = seen_by(launch, token);
    for (int key = 0; key < block.features; ++key)
      if (seen[static_cast<std::size_t>(key)])
        halves[place(block, key, token)] =
            to_half(launch.line.format,
                    multiply(power(scores[place(block, key, token)], launch.operands[1][at], launch.line.score_scale),
                             launch.operands[2][at]));
  }
  return halves;
}

// Row `row` of a block is of head row % queries, whose tokens are `queries` rows of the second operand.
std::vector<std::uint32_t> attention_rescale_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  std::vector<std::uint32_t> results;
  for (int row = 0; row < block.features; ++row)
    for (int token = 0; token < block.tokens; ++token)
      results.push_back(multiply(launch.operands[0][place(block, row, token)],
                                 launch.operands[1][place(block, row % launch.line.queries, token)]));
  return results;
}

std::vector<std::uint32_t> attention_output_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  std::vector<std::uint32_t> results, shares;
  for (const std::uint32_t total : launch.operands[1])
    shares.push_back(result_bits(machine_reciprocal(float_of(total))));
  for (int row = 0; row < block.features; ++row)
    for (int token = 0; token < block.tokens; ++token)
      results.push_back(to_half(launch.line.format, multiply(launch.operands[0][place(block, row, token)],
                                                             shares[place(block, row % launch.line.queries, token)])));
  results.insert(results.end(), shares.begin(), shares.end());
  return results;
}

std::vector<std::uint32_t> attention_output_sums_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  if (launch.line.queries > 1) return by_head(launch, attention_output_sums_plain, {1});
  std::vector<std::uint32_t> sums;
  for (int token = 0; token < block.tokens; ++token)
    sums.push_back(column_sum(block, [&](int feature) {
      const auto wide = [&](std::size_t operand) {
        return fused_multiply_add(launch.line.format, float_to_half(launch.line.format, 1.0F),
                                  static_cast<std::uint16_t>(launch.operands[operand][place(block, feature, token)]),
                                  0);
      };
      return multiply(wide(0), wide(1));
    }));
  return sums;
}

}  // namespace weft::hw
