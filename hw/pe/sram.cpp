#include "hw/pe/sram.h"

#include <fmt/format.h>

#include <algorithm>

#include "tlm/base/error.h"

namespace weft::hw {

void Sram::check(std::int64_t address) const {
  if (address < 0 || address >= static_cast<std::int64_t>(size_))
    throw SimulationError(fmt::format("PE: word {} of an SRAM of {} words", address, size_));
}

void Sram::write_behind(std::int64_t address, std::uint16_t value) {
  check(address);
  if (value == 0) return;
  words_.resize(static_cast<std::size_t>(address) + 1);
  words_.back() = value;
}

bool operator==(const Sram& a, const Sram& b) {
  const auto &shorter = a.words_.size() < b.words_.size() ? a.words_ : b.words_,
             &longer = a.words_.size() < b.words_.size() ? b.words_ : a.words_;
  const auto rest = std::mismatch(shorter.begin(), shorter.end(), longer.begin());
  return a.size_ == b.size_ && rest.first == shorter.end() &&
         std::all_of(rest.second, longer.end(), [](std::uint16_t word) { return word == 0; });
}

}  // namespace weft::hw
