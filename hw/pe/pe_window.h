#pragma once
// The window of a task: which elements of a PE's vectors a round has, or which scalars of its own stream. WINDOW takes
// the next one from a table in memory; instructions that are windowed run over it alone (rtl/ISA.md).
#include <cstdint>

#include "hw/pe/isa.h"

namespace weft::hw {

struct PeWindow {
  std::uint16_t first = 0, count = 0;
  std::uint16_t taken = 0;   ///< windows that the task has taken
  std::uint16_t stored = 0;  ///< elements that its windowed DRAINs to memory have stored, and its MOVE32s taken
};

inline bool drains(Opcode opcode) { return opcode == Opcode::drain || opcode == Opcode::drain16; }

/// What a windowed instruction is over this window: count elements from the first on, addresses modulo 2^16. DRAIN to
/// memory goes on behind what was stored, as windows stand one behind the other; MOVE32 takes them from there.
/// Precondition: instruction.windowed.
Instruction over_window(const Instruction& instruction, const PeWindow& window);

}  // namespace weft::hw
