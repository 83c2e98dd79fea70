#include "sw/report/simulated_share.h"

#include <algorithm>

namespace weft::sw {

std::vector<SimulatedShare> simulated_shares(const std::vector<proto::CausedLaunch>& launches) {
  std::vector<SimulatedShare> shares;
  for (const proto::CausedLaunch& launch : launches) {
    if (launch.pe_rounds == 0) continue;
    auto share = std::find_if(shares.begin(), shares.end(), [&](const SimulatedShare& other) {
      return other.kernel == launch.kernel && other.simulated == launch.simulated;
    });
    if (share == shares.end()) share = shares.insert(share, {launch.kernel, launch.simulated, {}, 0, 0, 0, 0});
    if (std::find(share->layers.begin(), share->layers.end(), launch.layer) == share->layers.end())
      share->layers.push_back(launch.layer);
    ++share->launches;
    share->cycles += launch.end - launch.start;
    share->pe_rounds += launch.pe_rounds;
    share->pe_rounds_simulated += launch.pe_rounds_simulated;
  }
  return shares;
}

}  // namespace weft::sw
