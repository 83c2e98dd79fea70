#include "hw/pe/array_setup.h"

namespace weft::hw {

ArraySetup::ArraySetup(int width_in, int height_in, Bytes sram_bytes)
    : width(width_in),
      height(height_in),
      programs(static_cast<std::size_t>(width_in) * static_cast<std::size_t>(height_in)),
      memories(programs.size(), Sram(sram_bytes)),
      edges(static_cast<std::size_t>(edge_count())) {}

int ArraySetup::edge(Port side, int along) const {
  switch (side) {
    case Port::north:
      return along;
    case Port::south:
      return width + along;
    case Port::east:
      return 2 * width + along;
    default:
      return 2 * width + height + along;
  }
}

LinkEnd behind(const ArraySetup& setup, int x, int y, Port link) {
  const int to_x = x + (link == Port::east) - (link == Port::west);
  const int to_y = y + (link == Port::south) - (link == Port::north);
  if (to_x >= 0 && to_x < setup.width && to_y >= 0 && to_y < setup.height) return {to_y * setup.width + to_x, -1};
  return {-1, setup.edge(link, link == Port::north || link == Port::south ? x : y)};
}

}  // namespace weft::hw
