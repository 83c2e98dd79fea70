#include "hw/pe/vector_operations.h"

#include "hw/pe/arithmetic.h"
#include "hw/pe/cost.h"

namespace weft::hw {

namespace {

bool is_multiply_add(Opcode opcode) { return opcode == Opcode::fmac32 || opcode == Opcode::fmac32_calls; }

}  // namespace

bool works_in_memory(const Instruction& instruction) {
  switch (instruction.opcode) {
    case Opcode::relu16:
    case Opcode::relu_back16:
    case Opcode::fmac32:
    case Opcode::fmac32_calls:
    case Opcode::to_half16:
      return true;
    case Opcode::add32:
    case Opcode::sub32:
    case Opcode::mul32:
    case Opcode::max32:
      return !instruction.fabric_in;
    default:
      return false;
  }
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
      return lanes.add_fp32;
    case Opcode::mul32:
      return lanes.mul_fp32;
    case Opcode::max32:
      return lanes.max_fp32;
    case Opcode::to_half16:
      return lanes.convert;
    default:
      return lanes.fmac_fp32;
  }
}

VectorPlace place_of(const Instruction& i, int vector, int pass) {
  if (!is_multiply_add(i.opcode)) return {i.a, i.b, 0};
  const std::int64_t round = pass;
  return {i.a + 2 * round * i.count, i.b + static_cast<std::int64_t>(vector) * i.row_stride,
          i.c + 2 * (round * i.scalars + vector)};
}

bool clashes(const Instruction& instruction, const VectorPlace& place, const PeSpec& pe) {
  const bool one_source = instruction.opcode == Opcode::relu16 || instruction.opcode == Opcode::to_half16;
  return !one_source && (place.a - place.b) % (pe.banks / 2) == 0;
}

Cycle vector_length(const Instruction& instruction, const VectorPlace& place, const PeSpec& pe) {
  const Cycle elements = ceil_div(instruction.count, lanes_of(instruction.opcode, pe.lanes));
  const Cycle call = instruction.opcode == Opcode::fmac32_calls ? pe.call_cycles : 0;
  return call + pe.vector_issue_cycles + (clashes(instruction, place, pe) ? 2 : 1) * elements;
}

void run_vector(const Instruction& i, const VectorPlace& place, Sram& memory) {
  const std::uint32_t scalar = is_multiply_add(i.opcode) ? memory.read32(place.scalar) : 0;
  for (std::int64_t k = 0; k < i.count; ++k) {
    const std::int64_t a = place.a + 2 * k;
    switch (i.opcode) {
      case Opcode::relu16:
        memory.write16(place.a + k, relu(memory.read16(place.a + k)));
        break;
      case Opcode::relu_back16:
        if (!is_positive_half(memory.read16(place.b + k))) memory.write16(place.a + k, 0);
        break;
      case Opcode::to_half16:
        memory.write16(place.a + k, to_half(memory.read32(place.b + 2 * k)));
        break;
      case Opcode::fmac32:
      case Opcode::fmac32_calls:
        memory.write32(a,
                       fused_multiply_add32(scalar, memory.read32(place.b + k * i.element_stride), memory.read32(a)));
        break;
      default:
        memory.write32(a, combine(i.opcode, memory.read32(a), memory.read32(place.b + 2 * k)));
        break;
    }
  }
}

}  // namespace weft::hw
