#pragma once
// What held up one launch inside, cycle by cycle. Written by sw/kernels, read by sw/report.
#include <cstdint>
#include <string>
#include <vector>

#include "tlm/base/units.h"
#include "tlm/stats/limiter.h"

namespace weft::proto {

struct LaunchExplanation {
  struct Part {
    Limiter limiter = Limiter::wafer;
    std::string place;  ///< "PE (3, 31)", "link east of PE (3, 31)", "west edge of row 4"
    Cycle cycles = 0;   ///< of the path
  };
  std::string name;         ///< "step 3, fc1 matmul_forward"
  Cycle length = 0;         ///< of the launch
  std::vector<Part> parts;  ///< the largest first; they add up to the length of its PE programs
  Cycle total() const {
    Cycle sum = 0;
    for (const Part& part : parts) sum += part.cycles;
    return sum;
  }
};

}  // namespace weft::proto
