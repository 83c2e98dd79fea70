// The launches of a system: what each waits for, what it does to time and values, what it sends.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "hw/csx/csx.h"
#include "hw/fabric/local_times.h"
#include "hw/spec/kernel_names.h"
#include "tlm/base/error.h"
#include "tlm/base/fp16.h"
#include "tlm/base/split_mix.h"
#include "tlm/block/describe.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;
using proto::BlockTag;

void CsX::run_launch(BlockTag tag, const Launch& launch, bool train) {
  const Job& job = *plan_.job;
  const MatrixLayer& layer = job.layers[static_cast<std::size_t>(launch.layer)];
  tag.layer = launch.layer;
  proto::LaunchRecord record;
  record.system = system_;
  record.stage = tag.stage;
  record.step = tag.step;
  record.global_step = global_step_;
  record.micro_batch = tag.micro_batch;
  record.launch = tag.launch;
  record.layer = launch.layer;
  record.kernel = kernel_name(launch.kind);
  record.start = wafer_free_ + launch_gap_;
  record.predicted = plan_.predict(train, tag.launch);
  const int first_sample = system_ * job.samples_per_system() + tag.micro_batch * job.tokens();
  Dropout dropout;
  if (train && layer.dropout > 0) {
    const std::uint64_t place = (job.seed + 1) * split_mix_gamma + static_cast<std::uint64_t>(global_step_) * 1024 +
                                static_cast<std::uint64_t>(launch.layer) + 1;
    dropout = {layer.dropout, split_mix(place), static_cast<std::uint32_t>(first_sample)};
  }
  const BlockMap block{plan_.rectangle, layer.outputs, job.tokens()};
  LaunchTimes times;
  switch (launch.kind) {
    case KernelKind::load_input:
      times = load_input(tag, record);
      break;
    case KernelKind::softmax_loss:
      times = softmax(tag, train, record);
      break;
    case KernelKind::activation:
      times = activation_times(*plan_.machine, layer.outputs, dropout.probability > 0, plan_.rectangle, job.tokens());
      programs_.open(block, dropout, launch, record.global_step, record.start);
      wafer_.activation_values(launch.layer, dropout);
      times.end = programs_.close({}, times.end);
      break;
    case KernelKind::activation_backward:
      times =
          activation_backward_times(*plan_.machine, layer.outputs, layer.dropout > 0, plan_.rectangle, job.tokens());
      programs_.open(block, dropout, launch, record.global_step, record.start);
      wafer_.activation_backward_values(launch.layer);
      times.end = programs_.close({}, times.end);
      break;
    default:
      times = matrix(tag, launch, record);
      break;
  }
  book(record, times);
}

void CsX::book(proto::LaunchRecord& record, LaunchTimes times) {
  const std::int64_t pes =
      static_cast<std::int64_t>(plan_.machine->fabric.user_width) * plan_.machine->fabric.user_height;
  record.bound_by = times.bound_by();
  times.close(pes);
  record.end = record.start + times.end;
  record.classes = times.classes;
  record.macs = times.macs;
  record.fabric_wavelet_hops = times.wavelet_hops;
  for (std::size_t which = 0; which < totals_.size(); ++which) totals_[which] += times.classes[which];
  totals_[static_cast<std::size_t>(proto::TimeClass::between)] += (record.start - wafer_free_) * pes;
  wafer_free_ = record.end;
  recorder_.span(phase_track_, plan_.machine->clock.to_ps(record.start), plan_.machine->clock.to_ps(record.end),
                 static_cast<std::uint32_t>(record.launch + 1));
  records_.push_back(std::move(record));
}

LaunchTimes CsX::load_input(const BlockTag& tag, proto::LaunchRecord& record) {
  const Job& job = *plan_.job;
  const int features = job.layers.front().inputs, tokens = job.tokens();
  expect(fmt::format("the samples of stage {} step {} micro-batch {}", tag.stage, tag.step, tag.micro_batch));
  const Arrival arrival = next(samples_);
  if (arrival.tag.stage != tag.stage || arrival.tag.step != tag.step || arrival.tag.micro_batch != tag.micro_batch)
    throw SimulationError(fmt::format("system {} took {} out of turn", system_, proto::describe(arrival.tag)));
  if (arrival.payload->has_bytes()) {
    const auto* samples = reinterpret_cast<const std::uint16_t*>(arrival.payload->data());
    const auto* labels =
        reinterpret_cast<const std::int32_t*>(samples + static_cast<std::ptrdiff_t>(tokens) * features);
    programs_.open_load({plan_.rectangle, features, tokens}, samples, labels, record.global_step, record.start);
    wafer_.load_samples(samples, labels);
  }
  record.stream_in_bytes = static_cast<Bytes>(arrival.payload->size());
  record.stream_wait = std::max<Cycle>(0, to_edge(arrival.at) - record.start);
  const int outputs = job.layers.back().outputs;
  const Cycle ready = to_edge(arrival.at) - record.start;
  LaunchTimes times = load_times(*plan_.machine, features, outputs, plan_.rectangle, tokens, ready);
  times.end =
      programs_.close(load_starts(*plan_.machine, features, outputs, plan_.rectangle, tokens, ready), times.end);
  BlockTag credit = arrival.tag;
  credit.kind = BlockKind::credit;
  Block block(credit, nullptr);
  sc_core::sc_time delay = proto::delay_until(from_edge(record.start + times.end));
  input_out->b_transport(block.transaction(), delay);
  return times;
}

LaunchTimes CsX::matrix(const BlockTag& tag, const Launch& launch, proto::LaunchRecord& record) {
  const Job& job = *plan_.job;
  const LaunchMap map(launch.kind, job.layers[static_cast<std::size_t>(launch.layer)], plan_.rectangle, job.tokens());
  wafer_.begin_launch(map, launch.kind, launch.layer);
  wafer_.begin_values();
  programs_.open(map, launch, record.global_step, record.start);
  const MatrixLayer& layer = job.layers[static_cast<std::size_t>(launch.layer)];
  timer_.open(map, {launch.kind, layer.inputs, layer.outputs}, record.start);
  if (consumes_weights(launch.kind)) take_weights(tag, launch, record);
  if (produces_gradient(launch.kind)) send_gradient(tag, launch, record);
  if (launch.kind == KernelKind::retained_delta) {
    timer_.run(map.rounds);
    wafer_.retained_delta_values();
  }
  LaunchTimes times = timer_.close();
  times.end = programs_.close(timer_.edge(), times.end);
  (timer_.added() ? record.rounds_added : record.rounds_simulated) = map.rounds;
  if (!timer_.added()) record.pe_rounds_copied = times.pe_rounds_copied;
  record.pe_rounds = static_cast<std::int64_t>(map.rounds) * map.lines * map.positions;
  record.simulated = timer_.how();
  return times;
}

void CsX::take_weights(BlockTag tag, const Launch& launch, proto::LaunchRecord& record) {
  const StreamShape shape = stream_shape(plan_.job->layers[static_cast<std::size_t>(launch.layer)], launch.kind,
                                         plan_.machine->memoryx.chunk_bytes);
  for (int chunk = 0; chunk < shape.chunks(); ++chunk) {
    tag.kind = BlockKind::weights;
    tag.chunk = chunk;
    tag.lane = placement_.lane(launch.layer, chunk);
    expect(proto::describe(tag));
    const Arrival arrival = next(weights_[static_cast<std::size_t>(tag.lane)]);
    if (!proto::same_block(arrival.tag, tag))
      throw SimulationError(
          fmt::format("system {} took {} instead of {}", system_, proto::describe(arrival.tag), proto::describe(tag)));
    record.stream_in_bytes += static_cast<Bytes>(arrival.payload->size());
    if (chunk == 0) record.stream_wait = std::max<Cycle>(0, to_edge(arrival.at) - record.start);
    const Cycle left = timer_.feed(to_edge(arrival.at), shape.chunk_rounds(chunk));
    if (arrival.payload->has_bytes()) {
      decoded_.resize(static_cast<std::size_t>(shape.chunk_elements(chunk)));
      const auto* halves = reinterpret_cast<const std::uint16_t*>(arrival.payload->data());
      half_to_float(halves, decoded_.data(), decoded_.size());
      programs_.stream(halves, decoded_.size());
      wafer_.weight_values(shape.chunk_first_round(chunk), shape.chunk_rounds(chunk), decoded_.data(),
                           shape.elements_per_round);
    }
    tag.kind = BlockKind::credit;
    send_up(tag, nullptr, std::max(from_edge(left), arrival.at));
  }
}

void CsX::send_gradient(BlockTag tag, const Launch& launch, proto::LaunchRecord& record) {
  const StreamShape shape = stream_shape(plan_.job->layers[static_cast<std::size_t>(launch.layer)], launch.kind,
                                         plan_.machine->memoryx.chunk_bytes);
  tag.kind = BlockKind::gradient;
  for (int chunk = 0; chunk < shape.chunks(); ++chunk) {
    const Cycle done = timer_.drain(shape.chunk_rounds(chunk));
    Block::Payload payload = gradient_sums(shape, chunk);
    tag.chunk = chunk;
    tag.lane = placement_.lane(launch.layer, chunk);
    record.stream_out_bytes += static_cast<Bytes>(payload->size());
    send_up(tag, std::move(payload), from_edge(done));
  }
}

Block::Payload CsX::gradient_sums(const StreamShape& shape, int chunk) {
  const std::size_t bytes = static_cast<std::size_t>(shape.chunk_elements(chunk)) * sizeof(float);
  if (plan_.job->timing_only) return proto::PayloadBytes::only_size(bytes);
  auto payload = std::make_shared<proto::PayloadBytes>(bytes);
  auto* sums = reinterpret_cast<float*>(payload->data());
  wafer_.gradient_values(shape.chunk_first_round(chunk), shape.chunk_rounds(chunk), sums);
  programs_.leaving(sums, payload->size() / sizeof(float));
  return payload;
}

LaunchTimes CsX::softmax(const BlockTag& tag, bool train, proto::LaunchRecord& record) {
  const Job& job = *plan_.job;
  Cycle leaves = 0;
  const LaunchTimes times =
      softmax_times(*plan_.machine, job.layers.back().outputs, train, plan_.rectangle, job.tokens(), leaves);
  auto payload = std::make_shared<proto::PayloadBytes>(2 * sizeof(float));
  float loss[2] = {0, 0};
  wafer_.softmax_values(train, loss_scale_, loss);
  std::memcpy(payload->data(), loss, sizeof loss);
  BlockTag up = tag;
  up.kind = BlockKind::loss;
  up.chunk = 0;
  up.lane = 0;
  record.stream_out_bytes = static_cast<Bytes>(payload->size());
  send_up(up, std::move(payload), from_edge(record.start + leaves));
  return times;
}

}  // namespace weft::hw
