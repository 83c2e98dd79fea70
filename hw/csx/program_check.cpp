#include "hw/csx/program_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "hw/spec/kernel_names.h"
#include "tlm/base/fp16.h"

namespace weft::hw {

namespace {

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

std::vector<std::uint16_t> halves_of(const FeatureBlock& block) {
  std::vector<std::uint16_t> halves(block.values.size());
  float_to_half(block.values.data(), halves.data(), halves.size());
  return halves;
}

}  // namespace

void ProgramCheck::open(const LaunchMap& map, const Launch& launch, std::int64_t step, Cycle start) {
  // The retained delta has no program yet: its accumulators move with the token.
  active_ = programs_ != nullptr && launch.kind != KernelKind::retained_delta;
  if (!active_) return;
  launch_ = launch;
  data_ = {};
  data_.map = &map;
  data_.start = start;
  data_.system = system_;
  const MatrixLayer& layer = job_.layers[static_cast<std::size_t>(launch.layer)];
  data_.name = fmt::format("step {}, {} {}", step, layer.name, kernel_name(launch.kind));
  const bool delta = launch.kind == KernelKind::matmul_delta;
  data_.resident = halves_of(delta ? wafer_.gather_delta(launch.layer + 1) : wafer_.gather_activation(launch.layer));
  if (launch.kind == KernelKind::matmul_gradient) data_.stream = halves_of(wafer_.gather_delta(launch.layer + 1));
  data_.keeps_fp32 = map.returns && !delta && launch.layer + 1 == static_cast<int>(job_.layers.size());
}

void ProgramCheck::stream(const std::uint16_t* halves, std::size_t count) {
  if (active_) data_.stream.insert(data_.stream.end(), halves, halves + count);
}

void ProgramCheck::leaving(const float* sums, std::size_t count) {
  if (active_) std::transform(sums, sums + count, std::back_inserter(data_.sums), bits_of);
}

Cycle ProgramCheck::close(const std::vector<std::int32_t>& edge, Cycle end) {
  if (!active_) return end;
  if (data_.map->returns) {
    const FeatureBlock sums = launch_.kind == KernelKind::matmul_delta ? wafer_.gather_delta(launch_.layer)
                                                                       : wafer_.gather_activation(launch_.layer + 1);
    const auto count = static_cast<std::size_t>(data_.map->rounds) * static_cast<std::size_t>(sums.tokens);
    for (std::size_t at = 0; at < count; ++at)
      data_.sums.push_back(data_.keeps_fp32 ? bits_of(sums.values[at]) : float_to_half(sums.values[at]));
  }
  data_.edge = edge;
  data_.end = end;
  return std::max(end, programs_->run(data_));
}

}  // namespace weft::hw
