#include "sw/report/ticks.h"

#include <cmath>

namespace weft::sw {

std::vector<double> nice_ticks(double last, int most) {
  double step = std::pow(10.0, std::floor(std::log10(last / most)));
  for (const double factor : {2.0, 2.5, 2.0, 2.0})  // 1, 2, 5, 10, 20
    if (last / step > most) step *= factor;
  std::vector<double> ticks;
  for (int index = 0; index * step <= last; ++index) ticks.push_back(index * step);
  return ticks;
}

}  // namespace weft::sw
