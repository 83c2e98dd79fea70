#pragma once
// The way of one color through one router.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft::hw {

/// Order of ports = order in which they win a tie. The ramp leads to the core.
enum class Port : std::uint8_t { north, east, south, west, ramp };
inline constexpr int port_count = 5;
inline constexpr int link_count = 4;

constexpr int index_of(Port port) { return static_cast<int>(port); }
/// The port on which the neighbour behind `link` sees this router. Precondition: not the ramp.
constexpr Port opposite(Port link) { return static_cast<Port>((index_of(link) + 2) % link_count); }

/// Bit index_of(port).
using PortSet = std::uint8_t;
constexpr PortSet port_bit(Port port) { return static_cast<PortSet>(1U << index_of(port)); }
template <typename... Ports>
constexpr PortSet port_set(Ports... ports) {
  return static_cast<PortSet>((0U | ... | port_bit(ports)));
}

struct RoutePosition {
  Port receive = Port::ramp;  ///< only wavelets that came in here may leave
  PortSet transmit = 0;       ///< to all of these in the same cycle; none: they end here
};

inline constexpr int switch_positions = 4;

/// Switch positions of a color, in the order in which control wavelets advance them.
/// 1 to switch_positions of them, or none: the color is not routed here and waits.
struct Route : std::vector<RoutePosition> {
  using std::vector<RoutePosition>::vector;

  bool ring = false;  ///< behind the last position comes the first; else the last one stays

  /// Precondition: position < size().
  std::size_t after(std::size_t position) const {
    if (position + 1 < size()) return position + 1;
    return ring ? 0 : position;
  }
};

}  // namespace weft::hw
