#include "hw/pe/special_sequences.h"

#include <algorithm>

#include "hw/pe/special_functions.h"
#include "hw/pe/vector_operations.h"

namespace weft::hw {

namespace {

constexpr std::uint32_t minus_one = ~0U;

template <std::size_t N>
void append_polynomial(VectorCode& code, int result, int x, int n, float highest, const std::array<float, N>& others) {
  code.fill(result, n, highest);
  code.multiply_add(Opcode::horner32, result, x, n, {others.begin(), others.end()});
}

}  // namespace

void append_exponentials(VectorCode& code, int x, int scratch, int result, int n) {
  code.fill(scratch, n, Exponential::least);
  code.combine(Opcode::max32, x, scratch, n);
  code.fill(scratch, n, integer_place);
  code.multiply_add(Opcode::fmac32, scratch, x, n, {Exponential::log2_e});
  code.fill(result, n, -integer_place);
  code.combine(Opcode::add32, result, scratch, n);
  code.multiply_add(Opcode::fmac32, x, result, n, {minus_ln2_high, minus_ln2_low});
  append_polynomial(code, result, x, n, Exponential::highest, Exponential::others);
  code.shift(Opcode::add_left32, result, scratch, n, exponent_shift);
}

void append_reciprocals(VectorCode& code, int x, int scratch, int result, int n) {
  code.fill(result, n, 0U - Reciprocal::seed);
  code.shift(Opcode::add_left32, result, x, n, 0);
  code.multiply_integer(result, n, minus_one);
  const int first = code.here();
  code.fill(scratch, n, 0.0F);
  code.combine(Opcode::sub32, scratch, x, n);
  code.multiply_add(Opcode::horner32, scratch, result, n, {2.0F});
  code.combine(Opcode::mul32, result, scratch, n);
  code.loop(first, Reciprocal::steps);
}

void append_reciprocal_roots(VectorCode& code, int x, int scratch, int result, int n) {
  code.fill(result, n, 0U - ReciprocalRoot::seed);
  code.shift(Opcode::add_right32, result, x, n, 1);
  code.multiply_integer(result, n, minus_one);
  code.fill(scratch, n, 0.0F);
  code.multiply_add(Opcode::fmac32, scratch, x, n, {-0.5F});
  code.move(x, scratch, n);
  const int first = code.here();
  code.move(scratch, result, n);
  code.combine(Opcode::mul32, scratch, result, n);
  code.multiply_add(Opcode::horner32, scratch, x, n, {1.5F});
  code.combine(Opcode::mul32, result, scratch, n);
  code.loop(first, ReciprocalRoot::steps);
}

void append_logarithms(VectorCode& code, int x, int scratch, int result, int n) {
  code.fill(result, n, 1U - Logarithm::least_mantissa);
  code.shift(Opcode::add_left32, result, x, n, 0);
  code.multiply_integer(result, n, minus_one);
  code.fill(scratch, n, integer_place_bits + 1);
  code.shift(Opcode::add_right32, scratch, result, n, exponent_shift);
  code.shift(Opcode::add_left32, x, scratch, n, exponent_shift);
  code.fill(result, n, 1.0F);
  code.combine(Opcode::sub32, x, result, n);
  code.fill(result, n, integer_place);
  code.combine(Opcode::sub32, scratch, result, n);
  append_polynomial(code, result, x, n, Logarithm::highest, Logarithm::others);
  code.combine(Opcode::mul32, result, x, n);
  code.multiply_add(Opcode::fmac32, result, scratch, n, {minus_ln2_low, minus_ln2_high});
}

double exponential_cycles(const PeSpec& pe) {
  constexpr int n = 1024, x = 0, scratch = 2 * n + 2, result = scratch + 2 * n;
  VectorCode code(result + 2 * n, HalfFormat::fp16);
  append_exponentials(code, x, scratch, result, n);
  Cycle cycles = 0;
  for (const Instruction& instruction : code.code())
    for (int vector = 0; vector < std::max<int>(1, instruction.scalars); ++vector)
      cycles += vector_length(instruction, place_of(instruction, vector, 0), pe);
  return static_cast<double>(cycles) / n;
}

}  // namespace weft::hw
