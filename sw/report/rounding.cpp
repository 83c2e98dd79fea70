#include "sw/report/rounding.h"

#include <algorithm>
#include <iterator>

namespace weft::sw {

HalfLosses sum_of(const hw::LayerLosses& losses) {
  HalfLosses sum;
  for (const HalfLosses& of_layer : losses) sum.add(of_layer);
  return sum;
}

void Rounding::add(const std::vector<proto::CausedLaunch>& launches) {
  for (const proto::CausedLaunch& launch : launches) {
    all_.add(launch.rounded);
    const auto [place, is_new] = places_.try_emplace({launch.kernel, launch.layer}, launches_.size());
    if (is_new) launches_.push_back({launch.kernel, launch.layer, {}});
    launches_[place->second].losses.add(launch.rounded);
  }
}

std::vector<RoundedLaunches> Rounding::lossy() const {
  const auto lost = [](const RoundedLaunches& one) { return one.losses.zeros + one.losses.infinities; };
  std::vector<RoundedLaunches> found;
  std::copy_if(launches_.begin(), launches_.end(), std::back_inserter(found),
               [&](const RoundedLaunches& one) { return lost(one) > 0; });
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    return static_cast<double>(lost(a)) * static_cast<double>(b.losses.values) >
           static_cast<double>(lost(b)) * static_cast<double>(a.losses.values);
  });
  return found;
}

}  // namespace weft::sw
