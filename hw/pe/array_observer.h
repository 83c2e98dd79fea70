#pragma once
// Is told what happens in an array of PEs as it is played: in the order of time, within a cycle PE by PE, of a PE its
// router's departures before its core's slot. PEs and edges by their number in ArraySetup.
#include <cstddef>

#include "hw/pe/core_slot.h"
#include "hw/pe/router_model.h"

namespace weft::hw {

class ArrayObserver {
 public:
  virtual ~ArrayObserver() = default;
  virtual void departed(std::size_t pe, const RouterDeparture& departure) = 0;
  virtual void acted(std::size_t pe, const CoreSlot& slot) = 0;
  /// The edge sent its next wavelet.
  virtual void entered(std::size_t edge, Cycle now) = 0;
  /// What departed in this cycle towards the edge: the room that it took there may be used again from `usable`.
  virtual void left(std::size_t edge, int color, Cycle usable) = 0;
};

}  // namespace weft::hw
