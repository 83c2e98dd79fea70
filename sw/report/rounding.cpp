#include "sw/report/rounding.h"

#include <algorithm>
#include <iterator>

#include "hw/spec/kernel_table.h"

namespace weft::sw {

HalfLosses sum_of(const hw::LayerLosses& losses) {
  HalfLosses sum;
  for (const HalfLosses& of_layer : losses) sum.add(of_layer);
  return sum;
}

void Rounding::add(const std::vector<proto::CausedLaunch>& launches) {
  for (const proto::CausedLaunch& launch : launches) {
    all_.add(launch.rounded);
    const auto [place, is_new] = places_.try_emplace({launch.kernel, launch.pass, launch.layer}, launches_.size());
    if (is_new) launches_.push_back({launch.kernel, launch.pass, launch.layer, {}});
    launches_[place->second].losses.add(launch.rounded);
  }
}

std::int64_t Rounding::lost_deltas() const {
  std::int64_t lost = 0;
  for (const RoundedLaunches& one : launches_)
    if (one.pass == role_name(hw::KernelRole::loss) || one.pass == role_name(hw::KernelRole::delta))
      lost += one.losses.zeros;
  return lost;
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
