#include "tests/bench/growth_exponent.h"

#include <cmath>

namespace weft::bench {

double growth_exponent(const std::vector<double>& x, const std::vector<double>& y) {
  double mean_x = 0, mean_y = 0, up = 0, down = 0;
  const auto count = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += std::log(x[i]) / count;
    mean_y += std::log(y[i]) / count;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    up += (std::log(x[i]) - mean_x) * (std::log(y[i]) - mean_y);
    down += (std::log(x[i]) - mean_x) * (std::log(x[i]) - mean_x);
  }
  return up / down;
}

}  // namespace weft::bench
