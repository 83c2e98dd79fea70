#pragma once
// Runs one case three times: Verilated tiles, PE model, recurrences. And once more as plain loops, for the bits.
#include <optional>
#include <string>

#include "hw/pe/array_model.h"
#include "sw/crosscheck/cross_case.h"

namespace weft::sw {

struct CrossResult {
  std::int64_t sums = 0;  ///< compared: tiles against plain loops in the order of the mapping
  std::int64_t wrong_sums = 0;
  bool model_equal = true;          ///< every core slot, link wavelet, end and word of memory of PE model and tiles
  std::string difference;           ///< the first one; empty if all agree
  Cycle tiles = 0;                  ///< end of the last thread
  std::optional<Cycle> recurrence;  ///< of the same; none where an elementwise kernel's edges stall each wavelet
  std::int64_t tile_cycles = 0;
};

/// Runs of the tiles and of the model, for a trace.
struct CrossRuns {
  hw::ArrayRun tiles, model;
};

/// Without `tiles` the PE model stands in their place.
CrossResult run_case(const hw::MachineSpec& machine, const PreparedCase& prepared, const hw::ClockedSource& tiles,
                     CrossRuns* runs = nullptr);

}  // namespace weft::sw
