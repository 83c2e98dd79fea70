#include "sw/report/rounding.h"

#include <algorithm>
#include <map>

namespace weft::sw {

Rounding rounding_of(const std::vector<proto::CausedLaunch>& launches) {
  Rounding rounding;
  std::map<std::pair<std::string, int>, std::size_t> places;
  for (const proto::CausedLaunch& launch : launches) {
    rounding.all.add(launch.rounded);
    const auto [place, is_new] = places.try_emplace({launch.kernel, launch.layer}, rounding.lossy.size());
    if (is_new) rounding.lossy.push_back({launch.kernel, launch.layer, {}});
    rounding.lossy[place->second].losses.add(launch.rounded);
  }
  const auto lost = [](const RoundedLaunches& one) { return one.losses.zeros + one.losses.infinities; };
  rounding.lossy.erase(std::remove_if(rounding.lossy.begin(), rounding.lossy.end(),
                                      [&](const RoundedLaunches& one) { return lost(one) == 0; }),
                       rounding.lossy.end());
  std::stable_sort(rounding.lossy.begin(), rounding.lossy.end(), [&](const auto& a, const auto& b) {
    return static_cast<double>(lost(a)) * static_cast<double>(b.losses.values) >
           static_cast<double>(lost(b)) * static_cast<double>(a.losses.values);
  });
  return rounding;
}

}  // namespace weft::sw
