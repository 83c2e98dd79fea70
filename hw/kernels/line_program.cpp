#include "hw/kernels/line_program.h"

#include <algorithm>

#include <map>

namespace weft::hw {

namespace {

std::uint8_t color(int number) { return static_cast<std::uint8_t>(number); }

}  // namespace

std::uint32_t stored_element(const ProgramLaunch& launch, std::size_t operand, std::size_t at) {
  const std::uint32_t bits = launch.operands[operand][at];
  if (!launch.line.windows || !launch.line.windows->stored) return bits;
  const BlockMap& block = launch.block;
  const auto tokens = static_cast<std::size_t>(block.tokens);
  const int place = static_cast<int>(at % tokens), column = split_line(block.tokens, block.columns(), place);
  const TokenWindow window = launch.line.windows->stored->at(static_cast<int>(at / tokens), column);
  return window.has(place - block.first_token(column)) ? bits : 0;
}

LineMeeting meeting_of(const Instruction& instruction) {
  switch (instruction.fabric_out ? *instruction.fabric_out : *instruction.fabric_in) {
    case LineColors::returned:
      return LineMeeting::down;
    case LineColors::totals_even:
    case LineColors::totals_odd:
      return LineMeeting::east;
    default:
      return LineMeeting::up;
  }
}

namespace {

int elements_of(LineFormat format, const LinePe& pe, int stored) {
  switch (format) {
    case LineFormat::windows:
      return stored;
    case LineFormat::feature:
      return pe.features;
    case LineFormat::label:
    case LineFormat::of_heads:
      return pe.tokens;
    default:
      return pe.elements();
  }
}

}  // namespace

int words_of(LineFormat format) {
  const bool fp32 = format == LineFormat::fp32 || format == LineFormat::windows || format == LineFormat::of_heads;
  return fp32 ? 2 : 1;
}

int LineProgram::scratch_words(const LinePe& pe, int stored) const {
  std::map<int, int> operands;  // by address: one that is read and written stands once
  for (const std::vector<LineOperand>& some : {reads, writes})
    for (const LineOperand& operand : some)
      operands[operand.address] = elements_of(operand.format, pe, stored) * words_of(operand.format);
  int words_left = words();
  for (const auto& [address, taken] : operands) words_left -= taken;
  return words_left;
}

void LineCode::of_tokens(Opcode opcode, int a, int of_token) {
  combine_rows(opcode, a, of_token, pe_.tokens, pe_.features, {2 * pe_.tokens, 0});
}

void LineCode::over_features(Opcode opcode, int result, int a) {
  combine_rows(opcode, result, a, pe_.tokens, pe_.features, {0, 2 * pe_.tokens});
}

void LineCode::repeat(int a, int n, int times) {
  for (int done = 1; done < times; done *= 2) move(a + 2 * done * n, a, std::min(done, times - done) * n);
}

void LineCode::move_windows(int to, int from, int step) {
  const int first = here();
  Instruction window = vector(Opcode::window, windows_at_, 0, 0);
  add(window);
  Instruction move = vector(Opcode::move32, to, from, pe_.tokens);
  move.element_stride = static_cast<std::uint16_t>(step);
  move.windowed = true;
  add(move);
  loop(first, pe_.features);
}

void LineCode::add_numbers(int sums, int of_token, int numbers, int features) {
  const int first = here();
  Instruction add_row = vector(Opcode::fmac32, sums, of_token, pe_.tokens);
  add_row.element_stride = 2;
  add_row.c = static_cast<std::uint16_t>(numbers);
  add_row.scalars = 1;
  add(add_row);
  loop(first, features, 0);
}

void LineCode::reduce(Opcode opcode, int address, int n) {
  if (pe_.rows == 1) return;
  Instruction sum = vector(opcode, address, 0, n);
  if (pe_.row + 1 < pe_.rows) {
    sum.fabric_in = color(LineColors::sums_of(pe_.row + 1));
    sum.scalars = 1;
  } else {
    sum.opcode = Opcode::send32;
  }
  if (pe_.row > 0) sum.fabric_out = color(LineColors::sums_of(pe_.row));
  add(sum);
}

void LineCode::give_down(int address, int n) {
  if (pe_.rows == 1) return;
  Instruction give = vector(pe_.row == 0 ? Opcode::send32 : Opcode::store32, address, 0, n);
  (pe_.row == 0 ? give.fabric_out : give.fabric_in) = color(LineColors::returned);
  add(give);
}

void LineCode::leave_east(int address, int n) {
  Instruction leave = vector(Opcode::send32, address, 0, n);
  if (pe_.column > 0) {
    leave.opcode = Opcode::add32;
    leave.fabric_in = color(LineColors::totals_of(pe_.column - 1));
    leave.scalars = 1;
  }
  leave.fabric_out = color(LineColors::totals_of(pe_.column));
  add(leave);
}

LineProgram LineCode::finish() {
  halt();
  return {code(), constants(), constants_at(), reads_, writes_, format(), windows_at_, keys_at_, rows_at_};
}

}  // namespace weft::hw
