#pragma once
// What running the launches of a training as PE programs showed.
#include <cstdint>

#include "tlm/base/units.h"

namespace weft::proto {

struct ProgramTotals {
  std::int64_t launches = 0;
  std::int64_t sums = 0;            ///< compared bit by bit, all equal
  Cycle program_cycles = 0;         ///< of all launches
  Cycle recurrence_cycles = 0;      ///< of the same launches
  Cycle worst_deviation = 0;        ///< of one launch, absolute
  double worst_percent = 0;         ///< of one launch, absolute
  std::int64_t clocked_cycles = 0;  ///< PE-cycles of Verilated tiles
};

}  // namespace weft::proto
