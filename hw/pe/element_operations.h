#pragma once
// What an instruction that works in memory does to an element: told once, for the memory of a PE (run_vector) and for
// those of many PEs at once (hw/kernels/line_image.h).
#include "hw/pe/arithmetic.h"
#include "hw/pe/isa.h"

namespace weft::hw {

/// Element k of the result is apply(a, b, scalar, k). Words of an operand; 0: there is none.
template <int A, int B, int Scalar, typename Apply>
struct ElementOperation {
  static constexpr int a_words = A, b_words = B, scalar_words = Scalar;
  Apply apply;
};

template <int A, int B, int Scalar, typename Apply>
constexpr ElementOperation<A, B, Scalar, Apply> element(Apply apply) {
  return {apply};
}

/// Words from an element of the first operand, of so many words, to the next one.
inline int first_step(const Instruction& i, int words) {
  return i.opcode == Opcode::outer_memory ? words * i.scalars : words;
}

/// Words from an element of the second operand, of so many words, to the next one.
inline int second_step(const Instruction& i, int words) {
  switch (i.opcode) {
    case Opcode::axpy_memory:
    case Opcode::outer_memory:
    case Opcode::fmac32:
    case Opcode::fmac32_calls:
    case Opcode::horner32:
    case Opcode::keep_equal32:
    case Opcode::zero_equal32:
    case Opcode::move32:
      return i.element_stride;
    default:
      return words;
  }
}

/// Calls visit(ElementOperation) of an instruction whose result depends on the format of halves; false: it is none.
template <typename Arithmetic, typename Visit>
bool with_half_operation(const Instruction& i, Visit&& visit) {
  using Bits = std::uint32_t;
  using Half = std::uint16_t;
  switch (i.opcode) {
    case Opcode::axpy_memory:
    case Opcode::outer_memory:
      if (i.half_sums) {
        visit(element<1, 1, 1>([](Bits a, Bits b, Bits scalar, Bits) -> Bits {
          return Arithmetic::fused_multiply_add_half(static_cast<Half>(scalar), static_cast<Half>(b),
                                                     static_cast<Half>(a));
        }));
        return true;
      }
      visit(element<2, 1, 1>([](Bits a, Bits b, Bits scalar, Bits) {
        return Arithmetic::fused_multiply_add(static_cast<Half>(scalar), static_cast<Half>(b), a);
      }));
      return true;
    case Opcode::relu16:
      visit(element<1, 0, 0>([](Bits a, Bits, Bits, Bits) -> Bits { return Arithmetic::relu(static_cast<Half>(a)); }));
      return true;
    case Opcode::relu_back16:
      visit(element<1, 1, 0>(
          [](Bits a, Bits b, Bits, Bits) -> Bits { return Arithmetic::is_positive(static_cast<Half>(b)) ? a : 0; }));
      return true;
    case Opcode::to_half16:
      visit(element<1, 2, 0>([](Bits, Bits b, Bits, Bits) -> Bits { return Arithmetic::to_half(b); }));
      return true;
    case Opcode::scale16:
      visit(element<1, 0, 1>([](Bits a, Bits, Bits scalar, Bits) -> Bits {
        return Arithmetic::scale(static_cast<Half>(a), static_cast<Half>(scalar));
      }));
      return true;
    default:
      return false;
  }
}

/// Calls visit(ElementOperation), of halves of `format`. Precondition: works_in_memory(i).
template <typename Visit>
void with_element_operation(const Instruction& i, HalfFormat format, Visit&& visit) {
  if (with_arithmetic(format, [&](auto halves) { return with_half_operation<decltype(halves)>(i, visit); })) return;
  using Bits = std::uint32_t;
  using Half = std::uint16_t;
  const int shift = i.row_stride;
  switch (i.opcode) {
    case Opcode::count32:
      return visit(element<2, 0, 2>(
          [step = Bits{i.element_stride}](Bits, Bits, Bits scalar, Bits k) { return scalar + k * step; }));
    case Opcode::xor_shift32:
      return visit(element<2, 0, 0>([shift](Bits a, Bits, Bits, Bits) { return a ^ a >> shift; }));
    case Opcode::mul_int32:
      return visit(element<2, 0, 2>([](Bits a, Bits, Bits scalar, Bits) { return a * scalar; }));
    case Opcode::zero_below16:
      return visit(element<1, 2, 2>([](Bits a, Bits b, Bits scalar, Bits) { return b < scalar ? 0 : a; }));
    case Opcode::fmac32:
    case Opcode::fmac32_calls:
      return visit(
          element<2, 2, 2>([](Bits a, Bits b, Bits scalar, Bits) { return fused_multiply_add32(scalar, b, a); }));
    case Opcode::horner32:
      return visit(
          element<2, 2, 2>([](Bits a, Bits b, Bits scalar, Bits) { return fused_multiply_add32(a, b, scalar); }));
    case Opcode::add_left32:
      return visit(element<2, 2, 0>([shift](Bits a, Bits b, Bits, Bits) { return a + (b << shift); }));
    case Opcode::add_right32:
      return visit(element<2, 2, 0>([shift](Bits a, Bits b, Bits, Bits) { return a + shift_right(b, shift); }));
    case Opcode::move32:
      return visit(element<2, 2, 0>([](Bits, Bits b, Bits, Bits) { return b; }));
    case Opcode::keep_equal32:
      return visit(
          element<2, 1, 1>([](Bits a, Bits b, Bits scalar, Bits) { return b == static_cast<Half>(scalar) ? a : 0; }));
    case Opcode::zero_equal32:
      return visit(
          element<2, 1, 1>([](Bits a, Bits b, Bits scalar, Bits) { return b == static_cast<Half>(scalar) ? 0 : a; }));
    case Opcode::add32:
      return visit(element<2, 2, 0>([](Bits a, Bits b, Bits, Bits) { return add(a, b); }));
    case Opcode::sub32:
      return visit(element<2, 2, 0>([](Bits a, Bits b, Bits, Bits) { return subtract(a, b); }));
    case Opcode::mul32:
      return visit(element<2, 2, 0>([](Bits a, Bits b, Bits, Bits) { return multiply(a, b); }));
    default:
      return visit(element<2, 2, 0>([](Bits a, Bits b, Bits, Bits) { return maximum(a, b); }));
  }
}

}  // namespace weft::hw
