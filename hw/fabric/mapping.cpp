#include "hw/fabric/mapping.h"

#include <algorithm>

namespace weft::hw {

namespace {

/// Rows at each end of the PEs that carry words between the edges and the columns.
int band_rows(const MachineSpec& machine, const Mapping& mapping) {
  return (machine.fabric.user_height - mapping.lane.width) / 2;
}

}  // namespace

int lane_pitch(const MachineSpec& machine, const Mapping& mapping) {
  const int rows = machine.io.rows_per_channel;
  return static_cast<int>(ceil_div(mapping.lane.height, rows)) * rows;
}

Rectangle on_wafer(const MachineSpec& machine, const Mapping& mapping) {
  const int height = (mapping.lanes - 1) * lane_pitch(machine, mapping) + mapping.lane.height;
  if (mapping.features_over == FeatureAxis::columns) return {height, mapping.lane.width};
  return {mapping.lane.width, height};
}

bool fits(const MachineSpec& machine, const Mapping& mapping) {
  const Rectangle pes = on_wafer(machine, mapping);
  const bool columns = mapping.features_over == FeatureAxis::columns;
  return mapping.lane.width >= 1 && mapping.lane.height >= 1 && mapping.lanes >= 1 &&
         pes.width <= machine.fabric.user_width && pes.height <= machine.fabric.user_height &&
         (!columns || (mapping.lanes == 1 && band_rows(machine, mapping) >= 1));
}

EdgeLayout::EdgeLayout(const MachineSpec& machine, const Mapping& mapping)
    : band_(mapping.features_over == FeatureAxis::columns),
      lines_(mapping.lane.height),
      rows_per_channel_(machine.io.rows_per_channel),
      lines_per_channel_(rows_per_channel_),
      hop_(machine.router.hop_cycles) {
  if (!band_) return;
  const int channels = std::max(1, band_rows(machine, mapping) / rows_per_channel_);
  lines_per_channel_ = static_cast<int>(ceil_div(lines_, channels));
}

Cycle launch_gap(const MachineSpec& machine, const Mapping& mapping) {
  const Rectangle pes = on_wafer(machine, mapping);
  return machine.router.hop_cycles * 2 * (pes.width + pes.height) + 2 * machine.router.ramp_cycles;
}

}  // namespace weft::hw
