#include "hw/kernels/line_kernels.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/kernels/addition.h"
#include "hw/kernels/attention_softmax.h"
#include "hw/kernels/attention_tiles.h"
#include "hw/kernels/dropout.h"
#include "hw/kernels/gelu.h"
#include "hw/kernels/norm.h"
#include "hw/kernels/one_hot.h"
#include "hw/kernels/relu.h"
#include "hw/kernels/rotary.h"
#include "hw/kernels/softmax_loss.h"
#include "hw/kernels/swiglu.h"
#include "hw/kernels/tanh.h"
#include "tlm/base/error.h"

namespace weft::hw {

const LineKernel& line_kernel(KernelKind kind) {
  static const LineKernel rows[] = {
      {KernelKind::activation, relu_program, relu_plain},
      {KernelKind::activation_backward, relu_backward_program, relu_backward_plain},
      {KernelKind::softmax_loss, softmax_loss_program, softmax_loss_plain},
      {KernelKind::gelu, gelu_program<GeluForm::error_function>, gelu_plain<GeluForm::error_function>},
      {KernelKind::gelu_backward, gelu_backward_program<GeluForm::error_function>,
       gelu_backward_plain<GeluForm::error_function>},
      {KernelKind::gelu_tanh, gelu_program<GeluForm::tanh>, gelu_plain<GeluForm::tanh>},
      {KernelKind::gelu_tanh_backward, gelu_backward_program<GeluForm::tanh>, gelu_backward_plain<GeluForm::tanh>},
      {KernelKind::layer_norm, norm_program<NormForm::layer>, norm_plain<NormForm::layer>},
      {KernelKind::layer_norm_backward, norm_backward_program<NormForm::layer>, norm_backward_plain<NormForm::layer>},
      {KernelKind::layer_norm_gradient, norm_gradient_program<NormForm::layer>, norm_gradient_plain<NormForm::layer>},
      {KernelKind::rms_norm, norm_program<NormForm::root_mean_square>, norm_plain<NormForm::root_mean_square>},
      {KernelKind::rms_norm_backward, norm_backward_program<NormForm::root_mean_square>,
       norm_backward_plain<NormForm::root_mean_square>},
      {KernelKind::rms_norm_gradient, norm_gradient_program<NormForm::root_mean_square>,
       norm_gradient_plain<NormForm::root_mean_square>},
      {KernelKind::attention_softmax, attention_softmax_program, attention_softmax_plain},
      {KernelKind::attention_softmax_backward, attention_softmax_backward_program, attention_softmax_backward_plain},
      {KernelKind::addition, addition_program, addition_plain},
      {KernelKind::swiglu, swiglu_program, swiglu_plain},
      {KernelKind::swiglu_gate_backward, swiglu_gate_backward_program, swiglu_gate_backward_plain},
      {KernelKind::swiglu_linear_backward, swiglu_linear_backward_program, swiglu_linear_backward_plain},
      {KernelKind::rotary, rotary_program<RotaryDirection::forward>, rotary_plain<RotaryDirection::forward>},
      {KernelKind::rotary_backward, rotary_program<RotaryDirection::back>, rotary_plain<RotaryDirection::back>},
      {KernelKind::dropout, dropout_program<Operand::values>, dropout_plain},
      {KernelKind::dropout_backward, dropout_program<Operand::deltas>, dropout_plain},
      {KernelKind::score_dropout, dropout_program<Operand::values>, dropout_plain},
      {KernelKind::score_dropout_backward, score_dropout_backward_program, score_dropout_backward_plain},
      {KernelKind::one_hot, one_hot_program, one_hot_plain},
      {KernelKind::silu, gelu_program<GeluForm::sigmoid>, gelu_plain<GeluForm::sigmoid>},
      {KernelKind::silu_backward, gelu_backward_program<GeluForm::sigmoid>, gelu_backward_plain<GeluForm::sigmoid>},
      {KernelKind::tanh, tanh_program, tanh_plain},
      {KernelKind::tanh_backward, tanh_backward_program, tanh_backward_plain},
      {KernelKind::attention_softmax_tile, attention_softmax_tile_program, attention_softmax_tile_plain},
      {KernelKind::attention_rescale, attention_rescale_program, attention_rescale_plain},
      {KernelKind::attention_output, attention_output_program, attention_output_plain},
      {KernelKind::attention_output_sums, attention_output_sums_program, attention_output_sums_plain},
      {KernelKind::attention_probabilities, attention_probabilities_program, attention_probabilities_plain},
      {KernelKind::attention_score_deltas, attention_score_deltas_program, attention_score_deltas_plain},
  };
  return *std::find_if(std::begin(rows), std::end(rows), [kind](const auto& row) { return row.kind == kind; });
}

LinePrograms::LinePrograms(KernelKind kind, const LineSettings& settings, const BlockMap& block)
    : kind_(kind), settings_(settings), block_(block) {}

const LineProgram& LinePrograms::of(int row, int column) {
  LinePe pe{block_.features_of(row), block_.tokens_of(column),          row, block_.rows(), column, block_.features,
            settings_.format,        block_.order().column(column).step};
  // Rows between the first and the last do the same but for the parity of their colors, and columns behind the first.
  if (row > 0 && row + 1 < pe.rows) pe.row = 2 - row % 2;
  pe.column = std::min(column, 2 - column % 2);
  for (const Entry& entry : entries_)
    if (entry.pe.features == pe.features && entry.pe.tokens == pe.tokens && entry.pe.row == pe.row &&
        entry.pe.column == pe.column && entry.pe.token_step == pe.token_step)
      return entry.program;
  constexpr std::int64_t longest_vector = 0xffff;
  if (std::int64_t{pe.features} * pe.tokens > longest_vector)
    throw UsageError(fmt::format("{}: a PE holds {} x {} elements; an instruction has at most {}", kernel_name(kind_),
                                 pe.features, pe.tokens, longest_vector));
  entries_.push_back({pe, line_kernel(kind_).program(pe, settings_)});
  return entries_.back().program;
}

std::vector<TokenWindow> LinePrograms::windows(int row, int column) const {
  std::vector<TokenWindow> all;
  if (!windowed()) return all;
  for (const LaunchWindows* some : {&*settings_.windows->stored, &*settings_.windows->attended})
    for (int key = 0; key < keys_of(row); ++key) {
      all.push_back(some->at(first_key(row) + key, column));
      all.back().first = static_cast<std::uint16_t>(all.back().first + key * block_.tokens_of(column));
    }
  return all;
}

bool LinePrograms::alike(int column, int other) const {
  if (block_.tokens_of(column) != block_.tokens_of(other)) return false;
  for (int key = 0; windowed() && key < block_.places(); ++key)
    for (const LaunchWindows* some : {&*settings_.windows->stored, &*settings_.windows->attended})
      if (!(some->at(key, column) == some->at(key, other))) return false;
  return true;
}

int LinePrograms::end_of_kind(int column) const {
  int last = column + 1;
  while (last < block_.columns() && alike(column, last)) ++last;
  return last;
}

bool LinePrograms::meet() {
  const std::vector<Instruction>& code = of(0, 0).code;
  return std::any_of(code.begin(), code.end(), meets);
}

}  // namespace weft::hw
