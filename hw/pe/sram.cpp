#include "hw/pe/sram.h"

#include <fmt/format.h>

#include "tlm/base/error.h"

namespace weft::hw {

std::size_t Sram::check(std::int64_t address) const {
  if (address < 0 || address >= static_cast<std::int64_t>(words_.size()))
    throw SimulationError(fmt::format("PE: word {} of an SRAM of {} words", address, words_.size()));
  return static_cast<std::size_t>(address);
}

}  // namespace weft::hw
