#pragma once
// Round numbers along an axis.
#include <vector>

namespace weft::sw {

/// The multiples of 1, 2 or 5 times a power of ten within [0, last], as many as there are with at most `most` steps
/// between 0 and `last`. `last` > 0, `most` >= 1.
std::vector<double> nice_ticks(double last, int most);

}  // namespace weft::sw
