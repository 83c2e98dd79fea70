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

bool is_forward(KernelKind kind) { return kind == KernelKind::matmul_forward || kind == KernelKind::retain_forward; }

std::vector<std::uint16_t> halves_of(const FeatureBlock& block) {
  std::vector<std::uint16_t> halves(block.values.size());
  float_to_half(block.values.data(), halves.data(), halves.size());
  return halves;
}

/// Of the first features: without the bias's constant one.
std::vector<std::uint16_t> halves_of(const FeatureBlock& block, int features) {
  std::vector<std::uint16_t> halves = halves_of(block);
  halves.resize(static_cast<std::size_t>(features) * static_cast<std::size_t>(block.tokens));
  return halves;
}

}  // namespace

bool ProgramCheck::begin(const Launch& launch, std::int64_t step, Cycle start) {
  active_ = programs_ != nullptr;
  if (!active_) return false;
  launch_ = launch;
  data_ = {};
  data_.kind = launch.kind;
  data_.start = start;
  data_.system = system_;
  data_.name = fmt::format("step {}, {} {}", step, job_.layers[static_cast<std::size_t>(launch.layer)].name,
                           kernel_name(launch.kind));
  return true;
}

void ProgramCheck::open(const LaunchMap& map, const Launch& launch, std::int64_t step, Cycle start) {
  if (!begin(launch, step, start)) return;
  data_.map = &map;
  if (launch.kind == KernelKind::retained_delta) {
    data_.resident = kept_;
  } else if (launch.kind == KernelKind::matmul_delta) {
    data_.resident = halves_of(wafer_.gather_delta(launch.layer + 1));
  } else {
    data_.resident = halves_of(wafer_.gather_activation(launch.layer));
  }
  if (!map.from_edge) data_.stream = halves_of(wafer_.gather_delta(launch.layer + 1));
  data_.keeps_fp32 = is_forward(launch.kind) && launch.layer + 1 == static_cast<int>(job_.layers.size());
}

void ProgramCheck::open(const BlockMap& block, const Dropout& dropout, const Launch& launch, std::int64_t step,
                        Cycle start) {
  if (!begin(launch, step, start)) return;
  data_.dropout = dropout;
  data_.block = block;
  data_.resident = halves_of(wafer_.gather_activation(launch.layer + 1), block.features);
  if (launch.kind == KernelKind::activation_backward)
    data_.stream = halves_of(wafer_.gather_delta(launch.layer + 1), block.features);
}

void ProgramCheck::open_load(const BlockMap& block, const std::uint16_t* samples, const std::int32_t* labels,
                             std::int64_t step, Cycle start) {
  if (!begin({KernelKind::load_input, 0}, step, start)) return;
  data_.block = block;
  data_.outputs = job_.layers.back().outputs;
  data_.stream.assign(samples, samples + static_cast<std::ptrdiff_t>(block.tokens) * block.features);
  for (int token = 0; token < block.tokens; ++token) data_.labels.push_back(static_cast<std::uint16_t>(labels[token]));
}

void ProgramCheck::stream(const std::uint16_t* halves, std::size_t count) {
  if (active_) data_.stream.insert(data_.stream.end(), halves, halves + count);
}

void ProgramCheck::leaving(const float* sums, std::size_t count) {
  if (active_) std::transform(sums, sums + count, std::back_inserter(data_.results), bits_of);
}

// The stream has the bias behind the inputs of each output; no PE keeps it.
void ProgramCheck::keep(const MatrixLayer& layer) {
  kept_.clear();
  for (int output = 0; output < layer.outputs; ++output) {
    const auto row = data_.stream.begin() + static_cast<std::ptrdiff_t>(output) * (layer.inputs + 1);
    kept_.insert(kept_.end(), row, row + layer.inputs);
  }
}

void ProgramCheck::take_results() {
  const MatrixLayer& layer = job_.layers[static_cast<std::size_t>(launch_.layer)];
  const auto take = [&](const FeatureBlock& block, int features) {
    const auto count = static_cast<std::size_t>(features) * static_cast<std::size_t>(block.tokens);
    for (std::size_t at = 0; at < count; ++at)
      data_.results.push_back(data_.keeps_fp32 ? bits_of(block.values[at]) : float_to_half(block.values[at]));
  };
  switch (launch_.kind) {
    case KernelKind::matmul_gradient:  // left by the edge
      return;
    case KernelKind::load_input:
      take(wafer_.gather_activation(0), layer.inputs);
      for (int row = 0; row < std::min(data_.outputs, data_.block.rectangle.height); ++row)
        data_.results.insert(data_.results.end(), data_.labels.begin(), data_.labels.end());
      return;
    case KernelKind::matmul_delta:
    case KernelKind::retained_delta:
      return take(wafer_.gather_delta(launch_.layer), layer.inputs);
    case KernelKind::activation_backward:
      return take(wafer_.gather_delta(launch_.layer + 1), layer.outputs);
    default:
      return take(wafer_.gather_activation(launch_.layer + 1), layer.outputs);
  }
}

Cycle ProgramCheck::close(const std::vector<std::int32_t>& edge, Cycle end) {
  if (!active_) return end;
  active_ = false;
  take_results();
  if (launch_.kind == KernelKind::retain_forward) {
    keep(job_.layers[static_cast<std::size_t>(launch_.layer)]);
    for (int column = 0; column < data_.map->positions; ++column)
      data_.results.insert(data_.results.end(), kept_.begin(), kept_.end());
  }
  data_.edge = edge;
  data_.end = end;
  return std::max(end, programs_->run(data_));
}

}  // namespace weft::hw
