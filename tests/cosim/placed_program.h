#pragma once
// A random program of one PE as that of a PE of an array.
#include "tests/cosim/random_program.h"

namespace weft::test {

/// Makes `single` the program of PE (x, y) of `array`, its colors counted from `first_color`; straight ways lead
/// through the PEs between it and the edges that it had.
inline void place(const ArraySetup& single, ArraySetup& array, int x, int y, int first_color) {
  const auto shifted = [&](int color) { return static_cast<std::uint8_t>(first_color + color); };
  Program program = single.programs[0];
  for (Instruction& instruction : program.code) {
    if (instruction.fabric_in) instruction.fabric_in = shifted(*instruction.fabric_in);
    if (instruction.fabric_out) instruction.fabric_out = shifted(*instruction.fabric_out);
  }
  for (Task& task : program.tasks)
    if (task.has_color()) task.source = shifted(task.source);
  array.program(x, y).code = program.code;
  array.program(x, y).tasks = program.tasks;
  array.memory(x, y) = single.memories[0];
  for (int link = 0; link < hw::link_count; ++link) {
    const auto side = static_cast<Port>(link);
    const bool upright = side == Port::north || side == Port::south;
    ArrayEdge& edge = array.edges[static_cast<std::size_t>(array.edge(side, upright ? x : y))];
    const ArrayEdge& own = single.edges[static_cast<std::size_t>(single.edge(side, 0))];
    for (hw::TimedWavelet timed : own.source) {
      timed.wavelet.color = shifted(timed.wavelet.color);
      edge.source.push_back(timed);
    }
    for (const auto& [color, times] : own.sink) edge.sink[shifted(color)] = times;
    for (const auto& [color, route] : program.routes) {
      const bool comes = route[0].receive == side;
      if (!comes && route[0].transmit != hw::port_set(side)) continue;
      array.program(x, y).routes[shifted(color)] = route;
      for (int pe = hw::behind(array, x, y, side).pe; pe >= 0;
           pe = hw::behind(array, pe % array.width, pe / array.width, side).pe)
        array.programs[static_cast<std::size_t>(pe)].routes[shifted(color)] = {
            comes ? hw::RoutePosition{side, hw::port_set(hw::opposite(side))}
                  : hw::RoutePosition{hw::opposite(side), hw::port_set(side)}};
    }
  }
}

}  // namespace weft::test
