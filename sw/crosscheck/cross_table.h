#pragma once
// What a sweep of the cross-check showed, kernel by kernel.
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "sw/crosscheck/cross_run.h"

namespace weft::sw {

/// Recurrences against tiles over some of the cases.
struct CycleErrors {
  std::int64_t cases = 0, equal = 0;
  double percent_sum = 0;  ///< of absolute errors
  Cycle worst_cycles = 0;
  double worst_percent = 0;
  std::string worst_case;
  std::int64_t above_bar = 0;  ///< more than max(2 %, 2 cycles)

  void add(const CrossCase& cross_case, Cycle tiles, Cycle recurrence);
};

struct KernelRow {
  std::int64_t cases = 0, sums = 0, wrong_sums = 0, model_unequal = 0;
  CycleErrors single;  ///< one PE, no stalls
  CycleErrors arrays;  ///< all others that recurrences know
};

class CrossTable {
 public:
  /// `no_tiles`: why the PE model stands in the place of the tiles; empty: it does not.
  explicit CrossTable(std::string no_tiles) : no_tiles_(std::move(no_tiles)) {}
  void add(const CrossCase& cross_case, const CrossResult& result);
  /// Everything agrees as far as it must: bits, slots, recurrences within max(2 %, 2 cycles).
  bool good() const;
  /// For a terminal of 80 columns.
  std::string text() const;
  nlohmann::json json() const;

 private:
  std::string no_tiles_;
  std::map<hw::KernelKind, KernelRow> rows_;
  std::vector<std::string> failures_;  ///< the first few
  std::int64_t tile_cycles_ = 0;
};

}  // namespace weft::sw
