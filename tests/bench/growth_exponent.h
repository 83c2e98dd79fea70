#pragma once
#include <vector>

namespace weft::bench {

/// Slope of log(y) over log(x), least squares; at least two points.
double growth_exponent(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace weft::bench
