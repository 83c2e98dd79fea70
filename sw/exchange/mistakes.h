#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tlm/base/error.h"

namespace weft::sw {

/// Throws UsageError with all that is wrong with a file, a line each, at most 20.
[[noreturn]] inline void refuse_file(const std::string& file, const std::vector<std::string>& mistakes) {
  constexpr std::size_t most_told = 20;
  std::string text;
  for (std::size_t at = 0; at < std::min(mistakes.size(), most_told); ++at)
    text += fmt::format("{}{}: {}", at > 0 ? "\n" : "", file, mistakes[at]);
  if (mistakes.size() > most_told) text += fmt::format("\nand {} more", mistakes.size() - most_told);
  throw UsageError(text);
}

}  // namespace weft::sw
