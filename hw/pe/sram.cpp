#include "hw/pe/sram.h"

#include <fmt/format.h>

#include "tlm/base/error.h"

namespace weft::hw {

void Sram::refuse(std::int64_t address) const {
  throw SimulationError(fmt::format("PE: word {} of an SRAM of {} words", address, words_.size()));
}

}  // namespace weft::hw
