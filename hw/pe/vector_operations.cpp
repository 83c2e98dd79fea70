#include "hw/pe/vector_operations.h"

#include <algorithm>

#include "hw/pe/arithmetic.h"
#include "hw/pe/cost.h"
#include "hw/pe/element_operations.h"

namespace weft::hw {

namespace {

bool is_multiply_add(Opcode opcode) {
  return opcode == Opcode::fmac32 || opcode == Opcode::fmac32_calls || opcode == Opcode::horner32;
}

bool compares(Opcode opcode) { return opcode == Opcode::keep_equal32 || opcode == Opcode::zero_equal32; }

/// ADD32 and the like: with another vector or with the fabric.
bool combines(Opcode opcode) {
  switch (opcode) {
    case Opcode::add32:
    case Opcode::sub32:
    case Opcode::mul32:
    case Opcode::max32:
      return true;
    default:
      return false;
  }
}

/// Vectors in memory that are read; a scalar is read before.
bool has_two_sources(Opcode opcode) {
  switch (opcode) {
    case Opcode::relu_back16:
    case Opcode::add_left32:
    case Opcode::add_right32:
      return true;
    default:
      return combines(opcode) || is_multiply_add(opcode);
  }
}

}  // namespace

bool stays_in_memory(Opcode opcode) {
  switch (opcode) {
    case Opcode::relu16:
    case Opcode::relu_back16:
    case Opcode::fmac32:
    case Opcode::fmac32_calls:
    case Opcode::to_half16:
    case Opcode::count32:
    case Opcode::xor_shift32:
    case Opcode::mul_int32:
    case Opcode::scale16:
    case Opcode::zero_below16:
    case Opcode::horner32:
    case Opcode::add_left32:
    case Opcode::add_right32:
    case Opcode::keep_equal32:
    case Opcode::zero_equal32:
    case Opcode::move32:
      return true;
    default:
      return false;
  }
}

bool works_in_memory(const Instruction& instruction) {
  if (instruction.opcode == Opcode::axpy_memory || instruction.opcode == Opcode::outer_memory)
    return !instruction.fabric_out && !instruction.listed;
  return combines(instruction.opcode) ? !instruction.fabric_in : stays_in_memory(instruction.opcode);
}

std::uint32_t combine(Opcode opcode, std::uint32_t a, std::uint32_t b) {
  switch (opcode) {
    case Opcode::add32:
      return add(a, b);
    case Opcode::sub32:
      return subtract(a, b);
    case Opcode::mul32:
      return multiply(a, b);
    default:
      return maximum(a, b);
  }
}

int lanes_of(Opcode opcode, const LaneSpec& lanes) {
  switch (opcode) {
    case Opcode::relu16:
    case Opcode::relu_back16:
      return lanes.max_fp16;
    case Opcode::add32:
    case Opcode::sub32:
    case Opcode::move32:
      return lanes.add_fp32;
    case Opcode::mul32:
    case Opcode::mul_int32:
      return lanes.mul_fp32;
    case Opcode::count32:
    case Opcode::xor_shift32:
    case Opcode::zero_below16:
    case Opcode::add_left32:
    case Opcode::add_right32:
    case Opcode::keep_equal32:
    case Opcode::zero_equal32:
      return word_lanes(lanes);
    case Opcode::max32:
      return lanes.max_fp32;
    case Opcode::axpy_memory:
    case Opcode::outer_memory:
      return lanes.fmac_mixed;
    case Opcode::to_half16:
    case Opcode::scale16:
      return lanes.convert;
    default:
      return lanes.fmac_fp32;
  }
}

int lanes_of(const Instruction& instruction, const LaneSpec& lanes) {
  if (instruction.half_sums) return lanes.multiply_adds(true);
  const int all = lanes_of(instruction.opcode, lanes), stride = instruction.element_stride;
  if ((!compares(instruction.opcode) && instruction.opcode != Opcode::move32) || stride <= 1) return all;
  switch (stride % 8) {
    case 0:
      return 1;
    case 1:
    case 4:
    case 7:
      return std::min(all, 2);
    default:
      return all;
  }
}

int element_words(const Instruction& instruction) {
  if (instruction.half_sums) return 1;
  switch (instruction.opcode) {
    case Opcode::relu16:
    case Opcode::relu_back16:
    case Opcode::store16:
    case Opcode::send16:
    case Opcode::to_half16:
    case Opcode::scale16:
    case Opcode::zero_below16:
      return 1;
    default:
      return 2;
  }
}

int element_step(const Instruction& instruction) {
  switch (instruction.opcode) {
    case Opcode::store16:
    case Opcode::store32:
    case Opcode::send16:
    case Opcode::send32:
      if (instruction.element_stride != 0) return instruction.element_stride;
      [[fallthrough]];
    default:
      return element_words(instruction);
  }
}

VectorPlace place_of(const Instruction& i, int vector, int pass, int index) {
  const std::int64_t round = pass, number = vector;
  switch (i.opcode) {
    case Opcode::axpy:
    case Opcode::axpy_keep:
      return {i.a, i.b + std::int64_t{index} * i.row_stride};
    case Opcode::axpy_memory:
      return {i.a, i.b + std::int64_t{index} * i.row_stride, i.c + round * i.scalars + number};
    case Opcode::outer:
    case Opcode::outer_memory:
      return {i.a + 2 * std::int64_t{index}, i.b + round * i.row_stride, i.c + round * i.scalars + number};
    case Opcode::drain:
      return {i.a, i.b + 2 * round * i.count};
    case Opcode::drain16:
      return {i.a, i.b + round * i.count};
    case Opcode::store16:
    case Opcode::store32:
    case Opcode::send16:
    case Opcode::send32:
      return {i.a + round * i.row_stride};
    default:
      break;
  }
  if (i.opcode == Opcode::zero_below16) return {i.a + round * i.count, i.b, i.c};
  if (i.opcode == Opcode::count32) return {i.a, 0, i.c, static_cast<std::uint32_t>(pass) * i.row_stride};
  if (compares(i.opcode))
    return {i.a + 2 * number * i.count, i.b, i.c, static_cast<std::uint32_t>(vector) * i.row_stride};
  if (combines(i.opcode)) return {i.a + number * i.element_stride, i.b + number * i.row_stride};
  if (!is_multiply_add(i.opcode)) return {i.a, i.b, i.c};
  return {i.a + 2 * round * i.count, i.b + number * i.row_stride, i.c + 2 * (round * i.scalars + number)};
}

Cycle clashes(const Instruction& instruction, const VectorPlace& place, const PeSpec& pe) {
  if (!has_two_sources(instruction.opcode)) return 0;
  const int half = pe.banks / 2, lanes = lanes_of(instruction, pe.lanes), words = element_words(instruction);
  const int stride = is_multiply_add(instruction.opcode) ? instruction.element_stride : words;
  const Cycle cycles = ceil_div(instruction.count, lanes);
  // From one element cycle to the next the distance of the sources changes by as much: it comes again after `half`.
  const std::int64_t change = std::int64_t{lanes} * (words - stride);
  Cycle clashes = 0;
  for (int first = 0; first < half && first < cycles; ++first)
    if ((place.a - place.b + first * change) % half == 0) clashes += ceil_div(cycles - first, half);
  return clashes;
}

Cycle vector_length(const Instruction& instruction, const VectorPlace& place, const PeSpec& pe) {
  const Cycle elements = ceil_div(instruction.count, lanes_of(instruction, pe.lanes));
  const Cycle call = instruction.opcode == Opcode::fmac32_calls ? pe.call_cycles : 0;
  return call + pe.vector_issue_cycles + elements + clashes(instruction, place, pe);
}

void run_vector(const Instruction& i, const VectorPlace& place, HalfFormat format, Sram& memory) {
  with_element_operation(i, format, [&](auto operation) {
    using Operation = decltype(operation);
    const auto read = [&memory](int words, std::int64_t at) -> std::uint32_t {
      return words == 0 ? 0 : words == 1 ? memory.read16(at) : memory.read32(at);
    };
    const std::uint32_t scalar = read(Operation::scalar_words, place.scalar) + place.offset;
    const int step = second_step(i, Operation::b_words), own_step = first_step(i, Operation::a_words);
    for (std::uint32_t k = 0; k < i.count; ++k) {
      const std::int64_t at = place.a + std::int64_t{k} * own_step;
      const std::uint32_t result = operation.apply(
          read(Operation::a_words, at), read(Operation::b_words, place.b + std::int64_t{k} * step), scalar, k);
      if constexpr (Operation::a_words == 1) {
        memory.write16(at, static_cast<std::uint16_t>(result));
      } else {
        memory.write32(at, result);
      }
    }
  });
}

}  // namespace weft::hw
