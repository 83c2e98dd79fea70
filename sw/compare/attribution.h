#pragma once
// The change of a step's length, line by line.
#include <cstdint>
#include <string>
#include <vector>

#include "sw/compare/digest.h"

namespace weft::sw {

struct AttributedChange {
  PathKey key;
  std::int64_t before = 0, after = 0;  ///< in the unit of the table
  std::int64_t change() const { return after - before; }
};

struct ChangeTable {
  const char* unit = "cycles";  ///< "ps" where the clocks differ
  bool first_step = false;      ///< a report has one step: the first steps are compared, which start with all empty
  bool paths = true;            ///< false: one of the reports has none, so lengths of launches are compared
  std::int64_t before = 0, after = 0;
  std::vector<AttributedChange> rows;  ///< what made the step longer first (shorter, if it is); they add up exactly
  std::int64_t change() const { return after - before; }
  double percent() const;
};

/// Means are rounded to whole units so that each side adds up to its step.
ChangeTable attribute(const Digest& before, const Digest& after);

/// "updates at MemoryX, fc1", "PEs' issue, fc1 matmul_forward".
std::string words_of(const PathKey& key);

}  // namespace weft::sw
