#include "tlm/stats/limiter_cycles.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace weft::proto {

LimiterCycles LimiterCycles::shared_out(Cycle total) const {
  LimiterCycles shares;
  Cycle whole = 0;
  for (const Cycle cycles : cycles_) whole += std::max<Cycle>(0, cycles);
  if (whole <= total) {
    for (std::size_t which = 0; which < cycles_.size(); ++which)
      shares.cycles_[which] = std::max<Cycle>(0, cycles_[which]);
    shares.of(rest_) += total - whole;
    return shares;
  }
  std::vector<std::pair<Cycle, std::size_t>> remainders;
  Cycle left = total;
  __extension__ using Wide = __int128;
  for (std::size_t which = 0; which < cycles_.size(); ++which) {
    const Wide product = static_cast<Wide>(std::max<Cycle>(0, cycles_[which])) * total;
    shares.cycles_[which] = static_cast<Cycle>(product / whole);
    left -= shares.cycles_[which];
    remainders.emplace_back(-static_cast<Cycle>(product % whole), which);
  }
  std::sort(remainders.begin(), remainders.end());
  for (Cycle index = 0; index < left; ++index) ++shares.cycles_[remainders[static_cast<std::size_t>(index)].second];
  return shares;
}

}  // namespace weft::proto
