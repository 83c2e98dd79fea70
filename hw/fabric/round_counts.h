#pragma once
// A sparse launch, round by round: how many of the weights that a row may have are kept. Rows differ, rounds differ;
// all PEs of a row are alike.
#include <cstdint>
#include <memory>
#include <numeric>
#include <vector>

#include "hw/spec/job.h"

namespace weft::hw {

class RoundCounts {
 public:
  /// Forward and gradient: rows hold inputs (the last one also the bias, if there is one, always kept), a round is an
  /// output. Delta: rows hold outputs, a round is an input. Precondition: layer.mask.
  RoundCounts(const MatrixLayer& layer, bool delta, int height);
  /// Counts as they are, [rounds][rows].
  RoundCounts(int rows, std::vector<std::uint16_t> counts) : rows_(rows), counts_(std::move(counts)) {}

  int rows() const { return rows_; }
  /// [rows]
  const std::uint16_t* round(int round) const {
    return counts_.data() + static_cast<std::size_t>(round) * static_cast<std::size_t>(rows_);
  }
  int at(int round_index, int row) const { return round(round_index)[row]; }

 private:
  int rows_;
  std::vector<std::uint16_t> counts_;
};

}  // namespace weft::hw
