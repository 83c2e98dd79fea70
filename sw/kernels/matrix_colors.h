#pragma once
// Colors of the matrix kernels and the route of the one whose source moves (ARCHITECTURE.md has the table of their
// ways).
#include <cstdint>

#include "hw/fabric/launch_map.h"
#include "hw/pe/route.h"

namespace weft::sw {

/// The lower color goes first where two meet on the way to a core (rtl/ISA.md): a returned sum before partial sums,
/// both before the stream, which goes before lists; a round's vector before its scalars. hw/fabric/stream_reduce.h
/// takes them in this order.
struct MatrixColors {
  static constexpr int returned = 0, sums_even = 1, sums_odd = 2, vectors = 2, stream = 3, lists = 4;
  /// On which the PEs of a line send their partial sums.
  static constexpr int sums_of(int line) { return line % 2 == 0 ? sums_even : sums_odd; }
};

/// `advance` of a silent control wavelet: it ends at the first router whose switch can still move.
inline constexpr std::uint16_t to_last_switch = 0xffff;

/// `advance` of the control wavelet that closes an owner's last round but not the launch: of the owner and of the
/// position after it.
inline constexpr std::uint16_t next_owner_switches = 2;

/// Ports of an axis of a launch: where its first line or position lies, seen from the others, and where the last.
struct AxisPorts {
  hw::Port first, last;
};
inline AxisPorts ports_across_lines(const hw::LaunchMap& map) {
  if (map.lines_are_rows) return {hw::Port::north, hw::Port::south};
  return map.lines_from_east ? AxisPorts{hw::Port::east, hw::Port::west} : AxisPorts{hw::Port::west, hw::Port::east};
}
inline AxisPorts ports_along_line(const hw::LaunchMap& map) {
  return map.lines_are_rows ? AxisPorts{hw::Port::west, hw::Port::east} : AxisPorts{hw::Port::north, hw::Port::south};
}

/// A color that PEs of an axis own in turn, at the `at`-th of `count` of them: the source moves on, so a router has it
/// before, here, then behind, as far as each occurs. `takes`: the core is given what others send.
inline hw::Route owners_route(const hw::Owners& owners, AxisPorts ports, int at, int count, bool takes) {
  using hw::Port;
  const int before = owners.first(at), own = owners.count(at);
  const auto towards = [&](bool first, bool last) {
    hw::PortSet set = takes ? hw::port_set(Port::ramp) : hw::PortSet{};
    if (first && at > 0) set |= hw::port_bit(ports.first);
    if (last && at + 1 < count) set |= hw::port_bit(ports.last);
    return set;
  };
  hw::Route route;
  if (before > 0) route.push_back({ports.first, towards(false, true)});
  if (own > 0) route.push_back({Port::ramp, static_cast<hw::PortSet>(towards(true, true) & ~hw::port_bit(Port::ramp))});
  if (own > 0 && before + own < owners.rounds) route.push_back({ports.last, towards(true, false)});
  return route;
}

/// The stream along a line.
inline hw::Route stream_route(const hw::LaunchMap& map, int position) {
  const AxisPorts ports = ports_along_line(map);
  if (!map.from_edge)
    return owners_route(map.stream_owners, ports, position, map.positions,
                        map.elements[static_cast<std::size_t>(position)] > 0);
  hw::PortSet taken = hw::port_set(hw::Port::ramp);
  if (position + 1 < map.positions) taken |= hw::port_bit(ports.last);
  return {{ports.first, taken}};
}

}  // namespace weft::sw
