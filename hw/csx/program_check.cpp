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

}  // namespace

void ProgramCheck::open(const LaunchMap& map, const Launch& launch, std::int64_t step, Cycle start) {
  active_ = programs_ != nullptr;
  if (!active_) return;
  launch_ = launch;
  data_ = {};
  data_.kind = launch.kind;
  data_.map = &map;
  data_.start = start;
  data_.system = system_;
  const MatrixLayer& layer = job_.layers[static_cast<std::size_t>(launch.layer)];
  data_.name = fmt::format("step {}, {} {}", step, layer.name, kernel_name(launch.kind));
  const bool delta = launch.kind == KernelKind::matmul_delta;
  if (launch.kind == KernelKind::retained_delta) {
    data_.resident = kept_;
  } else {
    data_.resident = halves_of(delta ? wafer_.gather_delta(launch.layer + 1) : wafer_.gather_activation(launch.layer));
  }
  if (!map.from_edge) data_.stream = halves_of(wafer_.gather_delta(launch.layer + 1));
  data_.keeps_fp32 = map.returns && !delta && launch.layer + 1 == static_cast<int>(job_.layers.size());
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

Cycle ProgramCheck::close(const std::vector<std::int32_t>& edge, Cycle end) {
  if (!active_) return end;
  const MatrixLayer& layer = job_.layers[static_cast<std::size_t>(launch_.layer)];
  if (launch_.kind != KernelKind::matmul_gradient) {
    const bool forward = is_forward(launch_.kind);
    const FeatureBlock block =
        forward ? wafer_.gather_activation(launch_.layer + 1) : wafer_.gather_delta(launch_.layer);
    const int features = forward ? layer.outputs : layer.inputs;
    const auto count = static_cast<std::size_t>(features) * static_cast<std::size_t>(block.tokens);
    for (std::size_t at = 0; at < count; ++at)
      data_.results.push_back(data_.keeps_fp32 ? bits_of(block.values[at]) : float_to_half(block.values[at]));
  }
  if (launch_.kind == KernelKind::retain_forward) keep(layer);
  data_.edge = edge;
  data_.end = end;
  return std::max(end, programs_->run(data_));
}

}  // namespace weft::hw
