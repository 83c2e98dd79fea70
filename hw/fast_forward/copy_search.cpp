#include "hw/fast_forward/copy_search.h"

#include <algorithm>

#include "hw/fast_forward/tuning.h"

namespace weft::hw {

void CopySearch::simulate_all(int first, int last, int lines) {
  const int since = all_rounds_.empty() ? last : last - all_rounds_.back().second;
  if (since < tuning::soon) spared_ = 2 * spared_ + 1;
  if (since > tuning::late) spared_ /= 2;
  if (spared_ * tuning::least_share > lines) {
    spared_ = 0;
    last += tuning::soon << gave_up_++;
  }
  all_rounds_.emplace_back(first, last);
}

bool CopySearch::simulates_all(int round) const {
  return std::any_of(all_rounds_.begin(), all_rounds_.end(),
                     [round](const auto& rounds) { return rounds.first <= round && round <= rounds.second; });
}

bool CopySearch::looks_after(int round) const {
  return !simulates_all(round + 1) &&
         (round <= tuning::rounds_between_looks || round % tuning::rounds_between_looks == 0);
}

bool CopySearch::spare_positions() {
  spared_ = std::max(tuning::least_spared_positions, 2 * spared_);
  return spared_ <= tuning::most_spared_positions;
}

int CopySearch::pushed_lines(int failed) {
  const bool again = pushed_lines_ > 0 && failed - pushed_round_ < tuning::soon;
  pushed_lines_ = again ? 2 * pushed_lines_ : std::max(tuning::least_pushed_lines, pushed_lines_ / 2);
  pushed_round_ = failed;
  return pushed_lines_;
}

}  // namespace weft::hw
