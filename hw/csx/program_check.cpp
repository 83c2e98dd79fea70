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

void ProgramCheck::open(const Launch& launch, std::int64_t step, Cycle start) {
  active_ = programs_ != nullptr;
  if (!active_) return;
  launch_ = launch;
  lanes_.assign(static_cast<std::size_t>(wafer_.lanes()), {});
  const MatrixLayer& layer = job_.layers[static_cast<std::size_t>(launch.layer)];
  const bool delta = launch.kind == KernelKind::matmul_delta;
  for (int index = 0; index < wafer_.lanes(); ++index) {
    ProgramLaunch& data = lanes_[static_cast<std::size_t>(index)];
    Lane& lane = wafer_.lane(index);
    data.kind = launch.kind;
    data.map = &wafer_.map(index);
    data.start = start;
    data.system = system_;
    data.first_row = index * lane_pitch_;
    data.name = fmt::format("step {}, {} {}", step, layer.name, kernel_name(launch.kind));
    if (wafer_.lanes() > 1) data.name += fmt::format(", lane {}", index);
    if (launch.kind == KernelKind::retained_delta) {
      data.resident = kept_;
    } else {
      data.resident = halves_of(delta ? lane.gather_delta(launch.layer + 1) : lane.gather_activation(launch.layer));
    }
    if (!data.map->from_edge) data.stream = halves_of(lane.gather_delta(launch.layer + 1));
    data.keeps_fp32 = data.map->returns && !delta && launch.layer + 1 == static_cast<int>(job_.layers.size());
  }
}

void ProgramCheck::stream(const std::uint16_t* halves, std::size_t count) {
  if (!active_) return;
  for (ProgramLaunch& data : lanes_) data.stream.insert(data.stream.end(), halves, halves + count);
}

void ProgramCheck::leaving(int lane, const float* sums, std::size_t count) {
  if (!active_) return;
  std::transform(sums, sums + count, std::back_inserter(lanes_[static_cast<std::size_t>(lane)].results), bits_of);
}

// The stream has the bias behind the inputs of each output; no PE keeps it. Every lane keeps the same.
void ProgramCheck::keep(const MatrixLayer& layer) {
  kept_.clear();
  for (int output = 0; output < layer.outputs; ++output) {
    const auto row = lanes_.front().stream.begin() + static_cast<std::ptrdiff_t>(output) * (layer.inputs + 1);
    kept_.insert(kept_.end(), row, row + layer.inputs);
  }
}

Cycle ProgramCheck::close(const LaneTimers& timers, Cycle end) {
  if (!active_) return end;
  const MatrixLayer& layer = job_.layers[static_cast<std::size_t>(launch_.layer)];
  if (launch_.kind == KernelKind::retain_forward) keep(layer);
  Cycle last = end;
  for (int index = 0; index < wafer_.lanes(); ++index) {
    ProgramLaunch& data = lanes_[static_cast<std::size_t>(index)];
    if (launch_.kind != KernelKind::matmul_gradient) {
      Lane& lane = wafer_.lane(index);
      const bool forward = is_forward(launch_.kind);
      const FeatureBlock block = forward ? lane.gather_activation(launch_.layer + 1) : lane.gather_delta(launch_.layer);
      const int features = forward ? layer.outputs : layer.inputs;
      const auto count = static_cast<std::size_t>(features) * static_cast<std::size_t>(block.tokens);
      for (std::size_t at = 0; at < count; ++at)
        data.results.push_back(data.keeps_fp32 ? bits_of(block.values[at]) : float_to_half(block.values[at]));
    }
    data.edge = timers.edge(index);
    data.end = end;
    last = std::max(last, programs_->run(data));
  }
  return last;
}

}  // namespace weft::hw
