#include "hw/pe/vector_words.h"

#include <algorithm>

#include "hw/pe/pe_window.h"

namespace weft::hw {

namespace {

/// `elements` of `words` each, the first at `first`, `step` words apart.
WordRange strided(std::int64_t first, std::int64_t elements, std::int64_t step, int words) {
  if (elements == 0) return {};
  return {first, first + (elements - 1) * step + words, std::max<std::int64_t>(step, 1), words};
}

WordRange second_of(const Instruction& i, const VectorPlace& place, int count) {
  switch (i.opcode) {
    case Opcode::axpy:
    case Opcode::axpy_keep:
    case Opcode::axpy_memory:
    case Opcode::outer:
    case Opcode::outer_memory:
    case Opcode::keep_equal32:
    case Opcode::zero_equal32:
      return strided(place.b, count, i.element_stride, 1);
    case Opcode::fmac32:
    case Opcode::fmac32_calls:
    case Opcode::horner32:
    case Opcode::move32:
      return strided(place.b, count, i.element_stride, 2);
    case Opcode::relu_back16:
      return strided(place.b, count, 1, 1);
    case Opcode::to_half16:
    case Opcode::zero_below16:
    case Opcode::add_left32:
    case Opcode::add_right32:
      return strided(place.b, count, 2, 2);
    case Opcode::add32:
    case Opcode::sub32:
    case Opcode::mul32:
    case Opcode::max32:
      return i.fabric_in ? WordRange{} : strided(place.b, count, 2, 2);
    default:
      return {};
  }
}

WordRange scalar_of(Opcode opcode, const VectorPlace& place) {
  switch (opcode) {
    case Opcode::axpy_memory:
    case Opcode::outer_memory:
    case Opcode::scale16:
    case Opcode::keep_equal32:
    case Opcode::zero_equal32:
      return {place.scalar, place.scalar + 1, 1, 1};
    case Opcode::fmac32:
    case Opcode::fmac32_calls:
    case Opcode::horner32:
    case Opcode::count32:
    case Opcode::mul_int32:
    case Opcode::zero_below16:
      return {place.scalar, place.scalar + 2, 1, 1};
    default:
      return {};
  }
}

}  // namespace

VectorWords words_of(const Instruction& i, const VectorPlace& place, int count) {
  const bool outer = i.opcode == Opcode::outer || i.opcode == Opcode::outer_memory;
  const std::int64_t own = i.listed ? std::max(1, count) : count, elements = outer ? own * i.scalars : own;
  const int words = element_words(i);
  const WordRange first = strided(outer ? i.a : place.a, elements, element_step(i), words);
  VectorWords all;
  all.read = {WordRange{}, second_of(i, place, count), scalar_of(i.opcode, place)};
  all.written = first;
  all.listed = i.listed;
  if (i.opcode != Opcode::count32 && i.opcode != Opcode::to_half16 && i.opcode != Opcode::move32) all.read[0] = first;
  if (i.opcode == Opcode::send16 || i.opcode == Opcode::send32) all.written = {};
  if (drains(i.opcode) && !i.fabric_out && count > 0) {
    const int stored = i.opcode == Opcode::drain16 ? 1 : 2;
    const WordRange to = strided(place.b, count, stored, stored);
    all.written = {std::min(first.first, to.first), std::max(first.end, to.end), 1, 1};
    all.writes = {first, to};
  } else {
    all.writes = {all.written, WordRange{}};
  }
  return all;
}

}  // namespace weft::hw
