#include "hw/fast_forward/copy_search.h"

#include <algorithm>

namespace weft::hw {

namespace {

constexpr int soon = 128;  // rounds

}  // namespace

void CopySearch::simulate_all(int first, int last, int lines) {
  constexpr int late = 1024, least_share = 8;
  const int since = all_rounds_.empty() ? last : last - all_rounds_.back().second;
  if (since < soon) spared_ = 2 * spared_ + 1;
  if (since > late) spared_ /= 2;
  if (spared_ * least_share > lines) {
    spared_ = 0;
    last += soon << gave_up_++;
  }
  all_rounds_.emplace_back(first, last);
}

bool CopySearch::simulates_all(int round) const {
  return std::any_of(all_rounds_.begin(), all_rounds_.end(),
                     [round](const auto& rounds) { return rounds.first <= round && round <= rounds.second; });
}

bool CopySearch::looks_after(int round) const {
  constexpr int rounds_between_looks = 4;
  return !simulates_all(round + 1) && (round <= rounds_between_looks || round % rounds_between_looks == 0);
}

bool CopySearch::spare_positions() {
  constexpr int least = 8, most = 64;
  spared_ = std::max(least, 2 * spared_);
  return spared_ <= most;
}

int CopySearch::pushed_lines(int failed) {
  constexpr int least = 4;
  const bool again = pushed_lines_ > 0 && failed - pushed_round_ < soon;
  pushed_lines_ = again ? 2 * pushed_lines_ : std::max(least, pushed_lines_ / 2);
  pushed_round_ = failed;
  return pushed_lines_;
}

}  // namespace weft::hw
