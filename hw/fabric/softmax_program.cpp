#include "hw/fabric/softmax_program.h"

#include <fmt/format.h>

#include <limits>

#include "hw/pe/special_sequences.h"
#include "hw/pe/vector_operations.h"
#include "tlm/base/error.h"

namespace weft::hw {

namespace {

constexpr std::uint16_t no_label = 0xffff;

std::uint8_t color(int number) { return static_cast<std::uint8_t>(number); }

Instruction vector(Opcode opcode, int address, int n) {
  Instruction instruction;
  instruction.opcode = opcode;
  instruction.a = static_cast<std::uint16_t>(address);
  instruction.count = static_cast<std::uint16_t>(n);
  return instruction;
}

}  // namespace

SoftmaxProgram::SoftmaxProgram(const SoftmaxPe& pe)
    : pe_(pe),
      elements_(pe.features * pe.tokens),
      scratch_(deltas(elements_)),
      powers_(other_banks(scratch_ + 2 * elements_)),
      sums_(other_banks(powers_ + 2 * elements_) - 2),
      totals_(sums_ + 4 * pe.tokens),
      labels_(totals_ + 4),
      constants_(labels_ + pe.tokens + pe.tokens % 2),
      code_(constants_) {
  constexpr int longest_vector = 0xffff;
  if (elements_ > longest_vector)
    throw UsageError(fmt::format("loss: a PE holds {} x {} logits; an instruction has at most {} elements", pe.features,
                                 pe.tokens, longest_vector));
  add_maximum();
  add_sums();
  if (pe_.train) add_deltas();
  if (pe_.row == 0) add_losses();
  code_.halt();
}

// They take the place of what has been worked with.
int SoftmaxProgram::deltas(int elements) { return other_banks(2 * elements); }

/// n partial results up the column; those of the whole column stay in row 0.
void SoftmaxProgram::reduce(Opcode opcode, int address, int n) {
  if (pe_.rows == 1) return;
  Instruction sum = vector(opcode, address, n);
  if (pe_.row + 1 < pe_.rows) {
    sum.fabric_in = color(SoftmaxColors::sums_of(pe_.row + 1));
    sum.scalars = 1;
  } else {
    sum.opcode = Opcode::send32;
  }
  if (pe_.row > 0) sum.fabric_out = color(SoftmaxColors::sums_of(pe_.row));
  code_.add(sum);
}

void SoftmaxProgram::send_back(int address) {
  if (pe_.rows == 1) return;
  Instruction send = vector(Opcode::send32, address, pe_.tokens);
  send.fabric_out = color(SoftmaxColors::returned);
  code_.add(send);
}

void SoftmaxProgram::take_back(int address) {
  Instruction take = vector(Opcode::store32, address, pe_.tokens);
  take.fabric_in = color(SoftmaxColors::returned);
  code_.add(take);
}

/// Of all elements only the labels' keep their value.
void SoftmaxProgram::keep_label(int address) {
  code_.compare(Opcode::keep_equal32, address, pe_.tokens, pe_.features,
                {labels_, 1, static_cast<std::uint16_t>(pe_.first_feature), 1});
}

void SoftmaxProgram::drop_padding(int address, int vectors) {
  code_.compare(Opcode::zero_equal32, address, pe_.tokens, vectors, {labels_, 1, no_label, 0});
}

void SoftmaxProgram::add_maximum() {
  const int row = 2 * pe_.tokens, maximum = powers_;
  code_.fill(maximum, pe_.tokens, -std::numeric_limits<float>::infinity());
  code_.combine_rows(Opcode::max32, maximum, logits, pe_.tokens, pe_.features, {0, row});
  reduce(Opcode::max32, maximum, pe_.tokens);
  if (pe_.row == 0) {
    send_back(maximum);
  } else {
    take_back(maximum);
  }
  code_.combine_rows(Opcode::sub32, logits, maximum, pe_.tokens, pe_.features, {row, 0});
}

void SoftmaxProgram::add_sums() {
  const int row = 2 * pe_.tokens;
  code_.fill(sums_, 2 * pe_.tokens, 0.0F);
  code_.fill(scratch_, elements_, 0.0F);
  code_.combine(Opcode::add32, scratch_, logits, elements_);
  keep_label(scratch_);
  code_.combine_rows(Opcode::add32, sums_ + row, scratch_, pe_.tokens, pe_.features, {0, row});
  append_exponentials(code_, logits, scratch_, powers_, elements_);
  code_.combine_rows(Opcode::add32, sums_, powers_, pe_.tokens, pe_.features, {0, row});
  reduce(Opcode::add32, sums_, 2 * pe_.tokens);
}

void SoftmaxProgram::add_deltas() {
  const int factor = logits;
  if (pe_.row == 0) {
    append_reciprocals(code_, sums_, scratch_, factor, pe_.tokens);
    code_.fill(scratch_, pe_.tokens, pe_.loss_scale);
    code_.combine(Opcode::mul32, factor, scratch_, pe_.tokens);
    send_back(factor);
  } else {
    take_back(factor);
  }
  code_.combine_rows(Opcode::mul32, powers_, factor, pe_.tokens, pe_.features, {2 * pe_.tokens, 0});
  code_.fill(scratch_, elements_, -pe_.loss_scale);
  keep_label(scratch_);
  code_.combine(Opcode::add32, powers_, scratch_, elements_);
  drop_padding(powers_, pe_.features);
  code_.combine(Opcode::to_half16, deltas(elements_), powers_, elements_);
}

void SoftmaxProgram::add_losses() {
  const int of_label = sums_ + 2 * pe_.tokens, losses = logits, correct = powers_;
  append_logarithms(code_, sums_, powers_, losses, pe_.tokens);
  code_.combine(Opcode::sub32, losses, of_label, pe_.tokens);
  // The label's logit is the greatest where their difference is +0; else it is below, and its upper half is not 0.
  code_.fill(correct, pe_.tokens, 1.0F);
  code_.compare(Opcode::keep_equal32, correct, pe_.tokens, 1, {of_label + 1, 2, 0, 0});
  drop_padding(losses, 1);
  drop_padding(correct, 1);
  // Both totals at once, token by token, each times one.
  code_.fill(sums_, pe_.tokens, 1.0F);
  code_.fill(totals_, 2, 0.0F);
  Instruction sum = vector(Opcode::fmac32, totals_, 2);
  sum.b = static_cast<std::uint16_t>(losses);
  sum.row_stride = 2;
  sum.element_stride = static_cast<std::uint16_t>(correct - losses);
  sum.c = static_cast<std::uint16_t>(sums_);
  sum.scalars = static_cast<std::uint16_t>(pe_.tokens);
  code_.add(sum);
  Instruction leave = vector(Opcode::send32, totals_, 2);
  if (pe_.column > 0) {
    leave.opcode = Opcode::add32;
    leave.fabric_in = color(SoftmaxColors::totals_of(pe_.column - 1));
    leave.scalars = 1;
  }
  leave.fabric_out = color(SoftmaxColors::totals_of(pe_.column));
  code_.add(leave);
}

}  // namespace weft::hw
