#pragma once
// How far each layer's matrix launches are from the roof over them: the PEs' multiply-adds, or the words on Ethernet.
#include <string>
#include <vector>

#include "sw/report/run_report.h"

namespace weft::sw {

/// Means of the steady steps; launches of one kernel on one layer in one pass.
struct RooflineRow {
  int layer = 0;
  std::string kernel, pass;
  double macs = 0, bytes = 0;  ///< bytes of the direction that carries more
  double cycles = 0;
  std::string roof;        ///< "arithmetic" or "ethernet"
  double roof_cycles = 0;  ///< that the roof alone would take

  double share() const { return cycles > 0 ? roof_cycles / cycles : 0; }
};

std::vector<RooflineRow> roofline(const RunReport& report);

}  // namespace weft::sw
