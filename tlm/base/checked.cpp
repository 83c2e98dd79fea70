#include "tlm/base/checked.h"

#include <fmt/format.h>

#include <cmath>

namespace weft {

void time_overflow(const char* what, std::int64_t limit, const char* unit) {
  throw TimeOverflow(fmt::format("time overflows: {} passes {} {}; a faster machine, fewer steps or smaller chunks fit",
                                 what, limit, unit));
}

std::int64_t checked_ceil(double value, const char* what, const char* unit) {
  const double whole = std::ceil(value);
  if (!(whole < static_cast<double>(latest_time))) time_overflow(what, latest_time, unit);
  return static_cast<std::int64_t>(whole);
}

}  // namespace weft
