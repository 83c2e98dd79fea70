#include "hw/wafer/wafer.h"

#include <fmt/format.h>

namespace weft::hw {

Wafer::Wafer(const sc_core::sc_module_name& name, const MachineSpec& machine, const Job& job, const Mapping& mapping,
             WaferCut cut, ThreadPool& pool)
    : sc_module(name), job_(job), mapping_(mapping), lane_pitch_(lane_pitch(machine, mapping)) {
  for (int index = 0; index < mapping.lanes; ++index)
    lanes_.push_back(std::make_unique<Lane>(fmt::format("lane{}", index).c_str(), machine, job, mapping.lane,
                                            lane_tokens(index), cut, pool));
}

// Every lane holds all features.
std::shared_ptr<const RoundCounts> Wafer::counts_of(KernelKind kind, int layer) {
  const MatrixLayer& of = job_.layers[static_cast<std::size_t>(layer)];
  if (!of.mask) return nullptr;
  const bool by_input = kernel_of(kind).by_input;
  std::shared_ptr<const RoundCounts>& counts = counts_[{layer, by_input}];
  if (!counts) counts = std::make_shared<RoundCounts>(of, by_input, mapping_.lane.height);
  return counts;
}

void Wafer::begin_launch(const Launch& launch) {
  maps_.clear();
  maps_.reserve(lanes_.size());
  for (int index = 0; index < lanes(); ++index) {
    maps_.emplace_back(launch.kind, job_.layers[static_cast<std::size_t>(launch.layer)], mapping_.lane,
                       lane_tokens(index), counts_of(launch.kind, launch.layer));
    lane(index).begin_launch(maps_.back(), launch);
  }
}

void Wafer::allocate() {
  for (auto& lane : lanes_) lane->allocate();
}

void Wafer::load_samples(const std::uint16_t* samples, const std::int32_t* labels) {
  const auto features = static_cast<std::ptrdiff_t>(job_.tensors.front().features);
  for (int index = 0; index < lanes(); ++index) {
    const int first = lane_first_token(index);
    lane(index).load_samples(samples + first * features, labels + first);
  }
}

void Wafer::begin_values() {
  for (auto& lane : lanes_) lane->begin_values();
}

void Wafer::weight_values(int first_round, int rounds, const float* weights, int elements) {
  for (auto& lane : lanes_) lane->weight_values(first_round, rounds, weights, elements);
}

void Wafer::retained_delta_values() {
  for (auto& lane : lanes_) lane->retained_delta_values();
}

std::int64_t Wafer::cut_crossings() const {
  std::int64_t crossings = 0;
  for (const auto& lane : lanes_) crossings += lane->cut_crossings();
  return crossings;
}

int Wafer::regions() const {
  int regions = 0;
  for (const auto& lane : lanes_) regions += lane->regions();
  return regions;
}

}  // namespace weft::hw
