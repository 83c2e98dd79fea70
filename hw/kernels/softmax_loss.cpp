#include "hw/kernels/softmax_loss.h"

#include "hw/kernels/column_sum.h"
#include "hw/kernels/softmax.h"
#include "hw/pe/special_functions.h"
#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

constexpr std::uint16_t no_label = 0xffff;

class SoftmaxLoss {
 public:
  SoftmaxLoss(const LinePe& pe, const LineSettings& settings);
  LineProgram finish() { return code_.finish(); }

 private:
  void keep_label(int address);
  void drop_padding(int address, int vectors);
  void add_sums();
  void add_deltas();
  void add_losses();

  static constexpr int logits = 0;  ///< word of the logits, fp32 [features][tokens]

  LinePe pe_;
  float loss_scale_;
  int elements_;
  /// Arrays of all elements, whose place others of [tokens] take when they are not needed; two of [tokens].
  int scratch_, powers_, sums_, totals_, labels_;
  LineCode code_;
};

// The deltas take the place of what has been worked with.
SoftmaxLoss::SoftmaxLoss(const LinePe& pe, const LineSettings& settings)
    : pe_(pe),
      loss_scale_(settings.loss_scale),
      elements_(pe.elements()),
      scratch_(other_banks(2 * elements_)),
      powers_(other_banks(scratch_ + 2 * elements_)),
      sums_(other_banks(powers_ + 2 * elements_) - 2),
      totals_(sums_ + 4 * pe.tokens),
      labels_(totals_ + 4),
      code_(pe, labels_ + pe.tokens + pe.tokens % 2) {
  code_.reads({Operand::values, LineFormat::fp32, logits});
  const bool by_id = settings.label_id >= 0;
  code_.reads({by_id ? Operand::ids : Operand::labels, LineFormat::label, labels_, by_id ? settings.label_id : 0});
  if (settings.train) code_.writes({Operand::deltas, LineFormat::half, scratch_});
  append_less_maximum(code_, pe_, logits, powers_);
  add_sums();
  if (settings.train) add_deltas();
  if (pe_.row == 0) add_losses();
}

/// Of all elements only the labels' keep their value.
void SoftmaxLoss::keep_label(int address) {
  code_.compare(Opcode::keep_equal32, address, pe_.tokens, pe_.features, {labels_, 1, {0, 1}, 1});
}

void SoftmaxLoss::drop_padding(int address, int vectors) {
  code_.compare(Opcode::zero_equal32, address, pe_.tokens, vectors, {labels_, 1, {no_label}, 0});
}

void SoftmaxLoss::add_sums() {
  code_.fill(sums_, 2 * pe_.tokens, 0.0F);
  code_.fill(scratch_, elements_, 0.0F);
  code_.combine(Opcode::add32, scratch_, logits, elements_);
  keep_label(scratch_);
  code_.over_features(Opcode::add32, sums_ + 2 * pe_.tokens, scratch_);
  append_exponentials(code_, logits, scratch_, powers_, elements_);
  code_.over_features(Opcode::add32, sums_, powers_);
  code_.reduce(Opcode::add32, sums_, 2 * pe_.tokens);
}

void SoftmaxLoss::add_deltas() {
  const int factor = logits;
  if (pe_.row == 0) {
    append_reciprocals(code_, sums_, scratch_, factor, pe_.tokens);
    code_.fill(scratch_, pe_.tokens, loss_scale_);
    code_.combine(Opcode::mul32, factor, scratch_, pe_.tokens);
  }
  code_.give_down(factor, pe_.tokens);
  code_.of_tokens(Opcode::mul32, powers_, factor);
  code_.fill(scratch_, elements_, -loss_scale_);
  keep_label(scratch_);
  code_.combine(Opcode::add32, powers_, scratch_, elements_);
  drop_padding(powers_, pe_.features);
  code_.combine(Opcode::to_half16, scratch_, powers_, elements_);
}

void SoftmaxLoss::add_losses() {
  const int of_label = sums_ + 2 * pe_.tokens, losses = logits, correct = powers_;
  append_logarithms(code_, sums_, powers_, losses, pe_.tokens);
  code_.combine(Opcode::sub32, losses, of_label, pe_.tokens);
  // The label's logit is the greatest where their difference is +0; else it is below, and its upper half is not 0.
  code_.fill(correct, pe_.tokens, 1.0F);
  code_.compare(Opcode::keep_equal32, correct, pe_.tokens, 1, {of_label + 1, 2, {}, 0});
  drop_padding(losses, 1);
  drop_padding(correct, 1);
  // Both totals at once, token by token, each times one.
  code_.fill(sums_, pe_.tokens, 1.0F);
  code_.fill(totals_, 2, 0.0F);
  Instruction sum = LineCode::vector(Opcode::fmac32, totals_, losses, 2);
  sum.row_stride = 2;
  sum.element_stride = static_cast<std::uint16_t>(correct - losses);
  sum.c = static_cast<std::uint16_t>(sums_);
  sum.scalars = static_cast<std::uint16_t>(pe_.tokens);
  code_.add(sum);
  code_.leave_east(totals_, 2);
}

}  // namespace

LineProgram softmax_loss_program(const LinePe& pe, const LineSettings& settings) {
  return SoftmaxLoss(pe, settings).finish();
}

std::vector<std::uint32_t> softmax_loss_plain(const ProgramLaunch& launch) {
  const BlockMap& block = launch.block;
  const std::vector<std::uint32_t>&logits = launch.operands[0], &labels = launch.operands[1];
  std::vector<std::uint32_t> deltas(launch.line.train ? logits.size() : 0);
  std::uint32_t losses = 0, correct = 0;
  for (int column = 0; column < block.columns(); ++column) {
    std::uint32_t of_column = 0, correct_of_column = 0;
    for (int held = 0; held < block.tokens_of(column); ++held) {
      const int token = block.first_token(column) + held;
      const int label = static_cast<std::int16_t>(labels[static_cast<std::size_t>(token)]);
      const PlainSoftmax softmax(block, logits, token,
                                 PlainSoftmax::Seen(static_cast<std::size_t>(block.features), true), 1.0F);
      const std::uint32_t own =
          column_sum(block, [&](int output) { return output == label ? softmax.below(output) : 0U; });
      if (label >= 0) {
        const std::uint32_t loss = subtract(result_bits(machine_log(float_of(softmax.sum()))), own);
        of_column = add(of_column, loss);
        if (own == 0) correct_of_column = add(correct_of_column, result_bits(1.0F));
      }
      const std::uint32_t factor = multiply(softmax.reciprocal(), result_bits(launch.line.loss_scale));
      for (int output = 0; launch.line.train && output < block.features; ++output) {
        const std::uint32_t target = output == label ? result_bits(-launch.line.loss_scale) : 0;
        const std::uint32_t delta = add(multiply(softmax.power(output), factor), target);
        deltas[static_cast<std::size_t>(output * block.tokens + token)] =
            label < 0 ? 0 : to_half(launch.line.format, delta);
      }
    }
    losses = add(losses, of_column);
    correct = add(correct, correct_of_column);
  }
  std::vector<std::uint32_t> results = {losses, correct};
  results.insert(results.end(), deltas.begin(), deltas.end());
  return results;
}

}  // namespace weft::hw
