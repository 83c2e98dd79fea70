#pragma once
// What the kernels on attention's scores share: where a PE's scores stand, how they come there, their mask and ALiBi's
// bias; and in plain loops which keys a token attends to. The arithmetic is told in attention_softmax.h.
#include "hw/kernels/line_program.h"
#include "hw/kernels/softmax.h"

namespace weft::hw {

/// A program on scores that is being written. `pe` is that of grouped queries: tokens of each head are the PE's.
class ScoreProgram {
 public:
  LineProgram finish() { return code_.finish(); }

 protected:
  /// `behind`: rows of tokens that are worked on with the scores, behind them; `own`: vectors of tokens that the kernel
  /// needs besides, from own_ on.
  ScoreProgram(const LinePe& pe, const LineSettings& settings, int behind = 0, int own = 0);

  /// Scores to where they are worked on.
  void lay_out();
  /// Bias, then -infinity where a token does not attend to a key.
  void mask();
  /// +0 there, of powers.
  void drop_masked();
  /// The scores, and what stands behind them, times the scale; then e to that, in powers_.
  void raise();

  static constexpr int scores_ = 0;  ///< word, fp32 [keys][tokens]

  LinePe pe_;
  float scale_;
  AttentionMask mask_;
  LinearBias bias_;
  int queries_;
  int elements_, rows_;     ///< scores; rows of tokens, with those behind them
  bool stored_;             ///< scores stand in windows, and the mask is others
  bool numbered_;           ///< keys have numbers; else they are consecutive, and the mask is a counter's
  std::uint16_t low_half_;  ///< -infinity: of a key that the token does not attend to
  /// fp32 as scores, twice; [tokens]; halves [keys][tokens], -infinity where masked, else 0.
  int scratch_, powers_, sums_, masked_;
  int tables_, keys_, own_;  ///< of windows; numbers of keys, where they are asked for; fp32 [own][tokens]
  LineCode code_;

 private:
  void bias_scores();
  void find_masked();
  void find_masked_by_numbers();
  void find_left_out();
  void mask_scores();
  /// Each key's number times `of_token`, added to `sums` [keys][tokens].
  void add_numbers(int sums, int of_token);
  bool asks_for_numbers() const { return numbered_ && (bias_.any() || (mask_.any() && !stored_)); }
  int end_of_keys() const { return keys_ + (asks_for_numbers() ? 2 * pe_.features : 0); }
};

/// Of grouped queries each head alone, in plain loops. `rows`: of each thing that of_head() makes for a head, in their
/// order.
std::vector<std::uint32_t> by_head(const ProgramLaunch& launch,
                                   std::vector<std::uint32_t> (&of_head)(const ProgramLaunch&),
                                   const std::vector<int>& rows);
/// Which keys a token attends to; of a length those below it, whichever token it is. One head of queries.
PlainSoftmax::Seen seen_by(const ProgramLaunch& launch, int token);
/// Operand 0, fp32 bits, with the bias. One head of queries.
std::vector<std::uint32_t> biased_scores(const ProgramLaunch& launch);

}  // namespace weft::hw
