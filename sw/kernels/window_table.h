#pragma once
// The windows of a PE's rounds in its memory, and the instruction that takes the next of them.
#include <vector>

#include "hw/fabric/launch_windows.h"
#include "hw/pe/isa.h"
#include "hw/pe/sram.h"

namespace weft::sw {

inline constexpr int words_of_window = 2;  ///< at an even word

inline hw::Instruction window_at(std::uint16_t address) {
  hw::Instruction window;
  window.opcode = hw::Opcode::window;
  window.a = address;
  return window;
}

inline void write_windows(hw::Sram& memory, int address, const std::vector<hw::TokenWindow>& windows) {
  for (const hw::TokenWindow& window : windows) {
    memory.write16(address++, window.first);
    memory.write16(address++, window.count);
  }
}

}  // namespace weft::sw
