#include "hw/pe/vector_code.h"

#include <algorithm>

#include "hw/pe/arithmetic.h"

namespace weft::hw {

namespace {

std::uint16_t word(int value) { return static_cast<std::uint16_t>(value); }

}  // namespace

Instruction VectorCode::vector(Opcode opcode, int a, int b, int n) {
  Instruction instruction;
  instruction.opcode = opcode;
  instruction.a = word(a);
  instruction.b = word(b);
  instruction.count = word(n);
  return instruction;
}

int VectorCode::place(const std::vector<PlacedConstant>& constants) {
  auto at = std::search(constants_.begin(), constants_.end(), constants.begin(), constants.end());
  if (at == constants_.end()) at = constants_.insert(constants_.end(), constants.begin(), constants.end());
  return first_ + 2 * static_cast<int>(at - constants_.begin());
}

void VectorCode::fill(int a, int n, std::uint32_t bits) {
  Instruction instruction = vector(Opcode::count32, a, 0, n);
  instruction.c = word(place(bits));
  add(instruction);
}

void VectorCode::fill(int a, int n, float value) { fill(a, n, result_bits(value)); }

void VectorCode::move(int a, int b, int n) {
  Instruction instruction = vector(Opcode::move32, a, b, n);
  instruction.element_stride = 2;
  add(instruction);
}

void VectorCode::combine(Opcode opcode, int a, int b, int n) { add(vector(opcode, a, b, n)); }

void VectorCode::combine_rows(Opcode opcode, int a, int b, int n, int vectors, Steps steps) {
  Instruction instruction = vector(opcode, a, b, n);
  instruction.scalars = word(vectors);
  instruction.element_stride = word(steps.a);
  instruction.row_stride = word(steps.b);
  add(instruction);
}

void VectorCode::shift(Opcode opcode, int a, int b, int n, int bits) {
  Instruction instruction = vector(opcode, a, b, n);
  instruction.row_stride = word(bits);
  add(instruction);
}

void VectorCode::multiply_add(Opcode opcode, int a, int x, int n, const std::vector<float>& scalars) {
  std::vector<PlacedConstant> bits;
  for (const float scalar : scalars) bits.push_back({result_bits(scalar)});
  Instruction instruction = vector(opcode, a, x, n);
  instruction.element_stride = 2;
  instruction.c = word(place(bits));
  instruction.scalars = word(static_cast<int>(bits.size()));
  add(instruction);
}

void VectorCode::add_halves(int a, int x, int n, float factor) {
  Instruction instruction = vector(Opcode::axpy_memory, a, x, n);
  instruction.element_stride = 1;
  instruction.c = word(place(float_to_half(format_, factor)));
  instruction.scalars = 1;
  add(instruction);
}

void VectorCode::widen(int a, int x, int n, float factor) {
  fill(a, n, 0.0F);
  add_halves(a, x, n, factor);
}

void VectorCode::add_outer(int a, int x, int n, int scalars, int m) {
  Instruction instruction = vector(Opcode::outer_memory, a, x, n);
  instruction.element_stride = 1;
  instruction.c = word(scalars);
  instruction.scalars = word(m);
  add(instruction);
}

void VectorCode::multiply_integer(int a, int n, std::uint32_t factor) {
  Instruction instruction = vector(Opcode::mul_int32, a, 0, n);
  instruction.c = word(place(factor));
  add(instruction);
}

void VectorCode::compare(Opcode opcode, int a, int n, int vectors, const Compared& with) {
  Instruction instruction = vector(opcode, a, with.b, n);
  instruction.element_stride = word(with.step);
  instruction.row_stride = with.row;
  instruction.c = word(place({with.value}));
  instruction.scalars = word(vectors);
  add(instruction);
}

void VectorCode::loop(int first, int passes, int counter) {
  Instruction instruction;
  instruction.opcode = Opcode::loop;
  instruction.target = word(first);
  instruction.count = word(passes);
  instruction.counter = word(counter);
  add(instruction);
}

}  // namespace weft::hw
