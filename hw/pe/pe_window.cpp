#include "hw/pe/pe_window.h"

namespace weft::hw {

Instruction over_window(const Instruction& instruction, const PeWindow& window) {
  Instruction moved = instruction;
  const auto move = [](std::uint16_t& address, std::uint32_t words) {
    address = static_cast<std::uint16_t>(address + words);
  };
  const std::uint32_t first = window.first, sums = (instruction.half_sums ? 1 : 2) * first;
  moved.count = window.count;
  switch (instruction.opcode) {
    case Opcode::list16:
      move(moved.a, first);
      break;
    case Opcode::outer:
    case Opcode::outer_memory:
      move(moved.a, 2 * first * instruction.scalars);
      move(moved.b, first * instruction.element_stride);
      break;
    case Opcode::drain:
    case Opcode::drain16:
      move(moved.a, sums);
      if (!instruction.fabric_out) move(moved.b, (instruction.opcode == Opcode::drain ? 2U : 1U) * window.stored);
      break;
    case Opcode::move32:
      move(moved.a, 2 * first);
      move(moved.b, std::uint32_t{window.stored} * instruction.element_stride);
      break;
    default:
      move(moved.a, sums);
      move(moved.b, first * instruction.element_stride);
      break;
  }
  return moved;
}

}  // namespace weft::hw
