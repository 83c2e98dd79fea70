#pragma once
// A thread's code as far as it stays in memory: which vectors it issues, in order.
#include <algorithm>
#include <array>
#include <vector>

#include "hw/pe/vector_operations.h"

namespace weft::hw {

/// `code` from `at` on, to the first instruction that meets the fabric or HALT, which it returns: vector(instruction,
/// place) for each vector, branch() for each LOOP, take_window() for each WINDOW. The place of a windowed vector is
/// that of the whole one.
template <typename Vector, typename Branch, typename TakeWindow>
std::size_t walk_in_memory(const std::vector<Instruction>& code, std::size_t at, Vector&& vector, Branch&& branch,
                           TakeWindow&& take_window) {
  std::array<int, loop_counters> passes{};
  for (;;) {
    const Instruction& instruction = code[at];
    if (instruction.opcode == Opcode::loop) {
      branch();
      int& pass = passes[instruction.counter];
      const bool again = ++pass < instruction.count;
      if (!again) pass = 0;
      at = again ? instruction.target : at + 1;
      continue;
    }
    if (instruction.opcode == Opcode::window) {
      take_window(instruction);
      ++at;
      continue;
    }
    if (instruction.opcode == Opcode::halt || !works_in_memory(instruction)) return at;
    for (int number = 0; number < std::max<int>(1, instruction.scalars); ++number)
      vector(instruction, place_of(instruction, number, passes[0], number));
    ++at;
  }
}

}  // namespace weft::hw
