#pragma once

// Of a switched build (`switched_workshop.py`), before every source with a mutant: which mutant is on. WEFT_MUTANT says
// its number, or -1: none, but each switch that is asked writes its number to the file that WEFT_MUTANT_SEEN names.

#include <cstdlib>

/// Writes down that a switch was asked, once in a process (`weft_mutant_seen.cpp`).
void weft_mutant_seen(int number) noexcept;

inline int weft_mutant_chosen() noexcept {
  static const int chosen = [] {
    const char* text = std::getenv("WEFT_MUTANT");
    return text ? std::atoi(text) : 0;
  }();
  return chosen;
}

inline bool weft_mutant(int number) noexcept {
  const int chosen = weft_mutant_chosen();
  if (chosen != number && chosen >= 0) return false;
  weft_mutant_seen(number);
  return chosen == number;
}

/// In what may be a constant expression, where it is never on.
constexpr bool weft_mutant_late(int number) noexcept {
  return !__builtin_is_constant_evaluated() && weft_mutant(number);
}
