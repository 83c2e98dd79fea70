#include "sw/compiler/launch_kinds.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "hw/spec/kernel_table.h"
#include "sw/compiler/prediction.h"

namespace weft::sw {

namespace {

bool plays_columns(const PlannedLaunch& planned) {
  return hw::kernel_of(planned.launch.kind).form == hw::KernelForm::line;
}

}  // namespace

LaunchKinds::LaunchKinds(const std::vector<hw::MatrixLayer>& layers, std::vector<hw::Launch> launches, bool train,
                         const hw::GradientWire& wire)
    : layers_(layers), launches_(std::move(launches)), train_(train), wire_(wire) {
  std::map<std::tuple<hw::KernelKind, int, decltype(layers_.front().shape())>, std::size_t> known;
  for (const hw::Launch& launch : launches_) {
    const hw::MatrixLayer& layer = layers_[static_cast<std::size_t>(launch.layer)];
    // Tiles of keys behind the first take the second's time, or a key's a column less, but where windows differ.
    const int tile = layer.attention.skip_masked ? launch.tile : std::min(launch.tile, 1);
    const auto [kind, fresh] = known.try_emplace({launch.kind, tile, layer.shape()}, kinds_.size());
    if (fresh) {
      kinds_.push_back({launch, 0, 0, {}});
      count_.push_back(0);
    }
    kind_of_.push_back(kind->second);
    ++count_[kind->second];
  }
}

PlannedLaunch LaunchKinds::predicted(const hw::Launch& launch, const hw::MachineSpec& machine,
                                     const hw::Mapping& mapping, int tokens) const {
  const proto::LimiterCycles parts = predict_launch(machine, layers_, launch, train_, mapping, tokens);
  return {launch, parts.total(), predict_stream(machine, layers_, launch, wire_), parts};
}

bool LaunchKinds::predict(const hw::MachineSpec& machine, const hw::Mapping& mapping, int tokens, Cycle gap,
                          Cycle limit) {
  Cycle known = static_cast<Cycle>(launches_.size()) * gap;
  for (const bool plays : {false, true})
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
      if (plays_columns(kinds_[kind]) != plays) continue;
      kinds_[kind] = predicted(kinds_[kind].launch, machine, mapping, tokens);
      known += count_[kind] * kinds_[kind].cycles();
      if (limit > 0 && known >= limit) return false;
    }
  return true;
}

Cycle LaunchKinds::total(Cycle gap) const {
  Cycle cycles = static_cast<Cycle>(launches_.size()) * gap;
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) cycles += count_[kind] * kinds_[kind].cycles();
  return cycles;
}

std::vector<PlannedLaunch> LaunchKinds::all() const {
  std::vector<PlannedLaunch> all;
  all.reserve(launches_.size());
  for (std::size_t place = 0; place < launches_.size(); ++place) {
    all.push_back(kinds_[kind_of_[place]]);
    all.back().launch = launches_[place];
  }
  return all;
}

}  // namespace weft::sw
