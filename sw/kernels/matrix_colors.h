#pragma once
// Colors of the matrix kernels and the route of the one whose source moves (ARCHITECTURE.md has the table of their
// ways).
#include <cstdint>

#include "hw/fabric/launch_map.h"
#include "hw/pe/route.h"

namespace weft::sw {

/// The lower color goes first where two meet on the way to a core (rtl/ISA.md): a returned sum before partial sums,
/// both before the stream, which goes before lists. hw/fabric/stream_reduce.h takes them in this order.
struct MatrixColors {
  static constexpr int returned = 0, sums_even = 1, sums_odd = 2, weights = 3, deltas = 3, lists = 4;
  /// On which the PEs of a line send their partial sums.
  static constexpr int sums_of(int line) { return line % 2 == 0 ? sums_even : sums_odd; }
};

/// `advance` of a silent control wavelet: it ends at the first router whose switch can still move.
inline constexpr std::uint16_t to_last_switch = 0xffff;

/// `advance` of the control wavelet that closes an owner's last round but not the launch: of the owner and of the row
/// after it.
inline constexpr std::uint16_t next_owner_switches = 2;

/// Deltas in a column: their source moves south, so a row has it above, here, then below, as far as each occurs.
/// Precondition: a gradient or a retained delta.
inline hw::Route delta_route(const hw::LaunchMap& map, int position) {
  using hw::Port;
  const bool takes = map.elements[static_cast<std::size_t>(position)] > 0;
  const int before = hw::split_first(map.owned, map.height, position),
            own = hw::split_count(map.owned, map.height, position);
  const auto towards = [&](bool north, bool south) {
    hw::PortSet ports = takes ? hw::port_set(Port::ramp) : hw::PortSet{};
    if (north && position > 0) ports |= hw::port_bit(Port::north);
    if (south && position + 1 < map.positions) ports |= hw::port_bit(Port::south);
    return ports;
  };
  hw::Route route;
  if (before > 0) route.push_back({Port::north, towards(false, true)});
  if (own > 0) route.push_back({Port::ramp, static_cast<hw::PortSet>(towards(true, true) & ~hw::port_bit(Port::ramp))});
  if (own > 0 && before + own < map.rounds) route.push_back({Port::south, towards(true, false)});
  return route;
}

}  // namespace weft::sw
