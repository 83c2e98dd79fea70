#include "sw/check/program_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/kernels/line_kernels.h"
#include "hw/spec/kernel_table.h"
#include "sw/check/element_bits.h"
#include "tlm/base/half.h"

namespace weft::sw {

using namespace hw;

namespace {

std::vector<std::uint16_t> halves_of(HalfFormat format, const FeatureBlock& block) {
  std::vector<std::uint16_t> halves(block.values.size());
  float_to_half(format, block.values.data(), halves.data(), halves.size());
  return halves;
}

}  // namespace

// Without the bias's constant one.
void ProgramCheck::append_tensor(Lane& lane, int tensor, bool fp32, std::vector<std::uint32_t>& bits) const {
  const FeatureBlock block = lane.gather(tensor);
  const auto features = static_cast<std::size_t>(job_.tensors[static_cast<std::size_t>(tensor)].features);
  for (std::size_t at = 0; at < features * static_cast<std::size_t>(block.tokens); ++at)
    bits.push_back(element_bits(job_.format, block.values[at], fp32));
}

std::vector<std::uint32_t> ProgramCheck::ids_of(Lane& lane, int tensor, int feature) {
  const FeatureBlock block = lane.gather(tensor);
  return {block.row(feature), block.row(feature) + block.tokens};
}

bool ProgramCheck::begin(Wafer& wafer, const Launch& launch, const CountedStep& step, RunCycle start) {
  active_ = programs_.wants(system_, step);
  if (!active_) return false;
  wafer_ = &wafer;
  launch_ = launch;
  heads_.clear();
  lanes_.assign(static_cast<std::size_t>(wafer_->lanes()), {});
  for (int lane = 0; lane < wafer_->lanes(); ++lane) {
    data(lane).kind = launch.kind;
    data(lane).line.format = job_.format;
    data(lane).start = start;
    data(lane).system = system_;
    data(lane).step = step.number;
    data(lane).layer = launch.layer;
    data(lane).first_row = wafer_->first_row(lane);
    data(lane).name = fmt::format("step {}, {} {}", step.number,
                                  job_.layers[static_cast<std::size_t>(launch.layer)].name, kernel_name(launch.kind));
    if (const int tile = tile_number(job_.layers[static_cast<std::size_t>(launch.layer)], launch); tile > 0)
      data(lane).name += fmt::format(", tile {}", tile);
    if (wafer_->lanes() > 1) data(lane).name += fmt::format(", lane {}", lane);
  }
  return true;
}

void ProgramCheck::open_matrix(Wafer& wafer, const Launch& launch, const CountedStep& step, RunCycle start) {
  if (!begin(wafer, launch, step, start)) return;
  for (int index = 0; index < wafer_->lanes(); ++index) {
    Lane& lane = wafer_->lane(index);
    ProgramLaunch& program = data(index);
    program.map = &wafer_->map(index);
    const MatrixLayer& layer = job_.layers[static_cast<std::size_t>(launch.layer)];
    if (layer.mask) program.sparse_layer = &layer;
    const Kernel& row = kernel_of(launch.kind);
    if (row.stores()) continue;
    const auto operand = [&](Operand which) {
      return halves_of(job_.format, lane.gather(needed(launch.reads, which)));
    };
    program.resident = row.weights == KernelWeights::resident ? kept_ : operand(Operand::resident);
    if (!program.map->from_edge) program.stream = operand(Operand::stream);
    if (row.sums != SumEnd::edge)
      program.keeps_fp32 = job_.tensors[static_cast<std::size_t>(needed(launch.writes, Operand::result))].fp32;
  }
}

void ProgramCheck::open_line(Wafer& wafer, const Launch& launch, const LineSettings& settings, const CountedStep& step,
                             RunCycle start) {
  if (!begin(wafer, launch, step, start)) return;
  const MatrixLayer& layer = job_.layers[static_cast<std::size_t>(launch.layer)];
  for (int index = 0; index < wafer_->lanes(); ++index) {
    Lane& lane = wafer_->lane(index);
    ProgramLaunch& program = data(index);
    program.line = wafer_->lane_settings(settings, index);
    program.block = wafer_->block(index, line_features(launch.kind, layer));
    program.block.together = layer.attention.queries;
    program.block.dealt = job_.dealt_tokens();
    LinePrograms programs(program);
    for (const LineOperand& operand : programs.of(0, 0).reads)
      program.operands.push_back(operand_bits(lane, launch.reads, operand));
  }
}

std::vector<std::uint32_t> ProgramCheck::operand_bits(Lane& lane, const OperandTensors& tensors,
                                                      const LineOperand& operand) const {
  std::vector<std::uint32_t> bits;
  if (operand.tensor == Operand::ids) return ids_of(lane, needed(tensors, operand.tensor), operand.feature);
  if (operand.format == LineFormat::label) {
    for (const std::int32_t label : lane.gather_labels()) bits.push_back(static_cast<std::uint16_t>(label));
    return bits;
  }
  append_tensor(lane, needed(tensors, operand.tensor), operand.format == LineFormat::fp32, bits);
  return bits;
}

void ProgramCheck::open_attention(Wafer& wafer, const Launch& launch, const LineSettings& settings,
                                  const EndInRectangle& end_of, const CountedStep& step, RunCycle start) {
  if (!begin(wafer, launch, step, start)) return;
  for (int lane = 0; lane < wafer_->lanes(); ++lane)
    heads_.emplace_back(HeadPrograms::Opened{wafer, job_, launch, settings, end_of}, lane, data(lane));
}

void ProgramCheck::open_load(Wafer& wafer, const Launch& launch, const std::uint16_t* samples,
                             const std::int32_t* labels, const CountedStep& step, RunCycle start) {
  if (!begin(wafer, launch, step, start)) return;
  const auto features = static_cast<std::ptrdiff_t>(job_.tensors.front().features);
  for (int lane = 0; lane < wafer_->lanes(); ++lane) {
    ProgramLaunch& program = data(lane);
    program.block = wafer_->block(lane, static_cast<int>(features));
    program.outputs = job_.layers.back().outputs;
    const TokenOrder order = wafer_->lane(lane).order();
    for (int place = 0; place < program.block.tokens; ++place) {
      const int token = wafer_->lane_first_token(lane) + order.number_at(place);
      program.stream.insert(program.stream.end(), samples + token * features, samples + (token + 1) * features);
      program.labels.push_back(static_cast<std::uint16_t>(std::max(labels[token], -1)));
    }
  }
}

void ProgramCheck::stream(const std::uint16_t* halves, std::size_t count) {
  if (!active_) return;
  for (ProgramLaunch& lane : lanes_) lane.stream.insert(lane.stream.end(), halves, halves + count);
}

void ProgramCheck::leaving(int lane, const float* sums, std::size_t count) {
  if (active_) std::transform(sums, sums + count, std::back_inserter(data(lane).results), bits_of);
}

// The stream may have a bias behind the inputs of each output; no PE keeps it. Every lane keeps the same.
void ProgramCheck::keep(const MatrixLayer& layer) {
  kept_.clear();
  for (int output = 0; output < layer.outputs; ++output) {
    const auto row = data(0).stream.begin() + static_cast<std::ptrdiff_t>(output) * layer.stream_inputs();
    kept_.insert(kept_.end(), row, row + layer.inputs);
  }
}

void ProgramCheck::take_results(int lane) {
  ProgramLaunch& program = data(lane);
  const Kernel& row = kernel_of(launch_.kind);
  if (row.form == KernelForm::line) {
    LinePrograms programs(program);
    for (const LineOperand& operand : programs.of(0, 0).writes) {
      const std::vector<std::uint32_t> bits = operand_bits(wafer_->lane(lane), launch_.writes, operand);
      program.results.insert(program.results.end(), bits.begin(), bits.end());
    }
    return;
  }
  if (row.produces_gradient()) return;  // left by the edge
  if (row.stores()) {
    for (int column = 0; column < program.map->positions; ++column)
      for (int round = 0; round < program.map->rounds; ++round)
        append_tensor(wafer_->lane(lane), needed(launch_.writes, vector_of_round(round)), false, program.results);
    return;
  }
  const int result = needed(launch_.writes, Operand::result);
  if (row.every_row) {
    for (int copy = 0; copy < program.block.rectangle.height; ++copy)
      for (int feature = 0; feature < program.block.features; ++feature) {
        const std::vector<std::uint32_t> ids = ids_of(wafer_->lane(lane), result, feature);
        program.results.insert(program.results.end(), ids.begin(), ids.end());
      }
  } else {
    append_tensor(wafer_->lane(lane), result, program.keeps_fp32, program.results);
  }
  if (row.form != KernelForm::load) return;
  for (int owner = 0; owner < std::min(program.outputs, program.block.rectangle.height); ++owner)
    program.results.insert(program.results.end(), program.labels.begin(), program.labels.end());
}

LaunchCycle ProgramCheck::run_heads() {
  LaunchCycle last;
  for (HeadPrograms& lane : heads_)
    for (const ProgramLaunch& program : lane.finish()) last = std::max(last, programs_.run(program));
  return last;
}

LaunchCycle ProgramCheck::close(const EdgeOfLane& edge, LaunchCycle end) {
  if (!active_) return end;
  active_ = false;
  if (!heads_.empty()) return std::max(end, run_heads());
  const Kernel& row = kernel_of(launch_.kind);
  const bool keeps = row.weights == KernelWeights::kept && !row.stores();
  if (keeps) keep(job_.layers[static_cast<std::size_t>(launch_.layer)]);
  LaunchCycle last = end;
  for (int lane = 0; lane < wafer_->lanes(); ++lane) {
    ProgramLaunch& program = data(lane);
    take_results(lane);
    for (int column = 0; keeps && column < program.map->positions; ++column)
      program.results.insert(program.results.end(), kept_.begin(), kept_.end());
    if (edge) program.edge = edge(lane);
    program.end = end;
    last = std::max(last, programs_.run(program));
  }
  return last;
}

}  // namespace weft::sw
