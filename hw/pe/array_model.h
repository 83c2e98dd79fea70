#pragma once
// PEs joined link to link, bits and cycles of the tiles in rtl (tests/cosim holds them equal). Events are played in the
// order of time; what one PE does reaches another at least a cycle later, so the order within a cycle does not matter.
#include <functional>

#include "hw/pe/array_observer.h"
#include "hw/pe/array_setup.h"
#include "hw/pe/clocked_pe.h"
#include "hw/spec/machine.h"

namespace weft::hw {

struct ArrayOptions {
  bool slots = false;                         ///< keep what every PE did (PeRun::slots and sent are empty otherwise)
  const ClockedRectangle* clocked = nullptr;  ///< PEs that are not the model's
  std::vector<int> slots_of;                  ///< or only of these PEs, y width + x
  std::function<void()> beat = nullptr;       ///< called now and then while it plays; may throw to leave it
  ArrayObserver* observer = nullptr;          ///< is told what happens; not of clocked PEs
};

/// Plays until nothing happens any more; ArrayRun::waiting says who still waits then.
/// Throws UsageError for a program that is not valid on the machine (names the PE), SimulationError for a control
/// wavelet where data is due, an address outside the SRAM, or a color without a route. Deterministic.
ArrayRun run_array(const MachineSpec& machine, const ArraySetup& setup, const ArrayOptions& options = {});

}  // namespace weft::hw
