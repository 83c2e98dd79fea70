// The launches of a system: what each waits for, what it does to time and values, what it sends.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "hw/csx/csx.h"
#include "hw/csx/not_finite.h"
#include "hw/fabric/local_times.h"
#include "hw/spec/kernel_table.h"
#include "tlm/base/checked.h"
#include "tlm/base/fp16.h"
#include "tlm/base/split_mix.h"
#include "tlm/block/describe.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;
using proto::BlockTag;

template <typename OfLane>
LaunchTimes CsX::each_lane(OfLane&& of_lane) const {
  LaunchTimes times;
  for (int lane = 0, count = 0; lane < wafer_.lanes(); lane += count) {
    const int tokens = wafer_.lane_tokens(lane);
    for (count = 1; lane + count < wafer_.lanes() && wafer_.lane_tokens(lane + count) == tokens;) ++count;
    times.add(of_lane(tokens), count);
  }
  return times;
}

void CsX::run_launch(BlockTag tag, const Launch& launch, bool train) {
  const Job& job = *plan_.job;
  const MatrixLayer& layer = job.layers[static_cast<std::size_t>(launch.layer)];
  tag.layer = launch.layer;
  proto::CausedLaunch record;
  record.system = system_;
  record.stage = tag.stage;
  record.step = tag.step;
  record.global_step = global_step_;
  record.micro_batch = tag.micro_batch;
  record.launch = tag.launch;
  record.layer = launch.layer;
  record.kernel = kernel_name(launch.kind);
  record.start = wafer_free_ + launch_gap_;
  work_ = {static_cast<std::int16_t>(launch.layer), static_cast<std::int16_t>(tag.launch), train};
  progress_.cause = std::move(progress_.cause).then(proto::Limiter::launch_sweep, work_, ps_of(record.start));
  progress_.at = record.start;
  record.predicted = plan_.predict(train, tag.launch);
  const int first_sample = system_ * job.samples_per_system() + tag.micro_batch * job.tokens();
  Dropout dropout;
  if (train && layer.dropout > 0) {
    const std::uint64_t place = (job.seed + 1) * split_mix_gamma + static_cast<std::uint64_t>(global_step_) * 1024 +
                                static_cast<std::uint64_t>(launch.layer) + 1;
    dropout = {layer.dropout, split_mix(place), static_cast<std::uint32_t>(first_sample)};
  }
  try {
    book(record, launch.kind, launch_times(tag, launch, train, dropout, record));
  } catch (const TimeOverflow& overflow) {
    throw SimulationError(fmt::format("system {}, stage {}, step {}, micro-batch {}, layer {}, {}: {}", system_,
                                      tag.stage, tag.step, tag.micro_batch, layer.name, record.kernel,
                                      overflow.what()));
  }
}

LaunchTimes CsX::launch_times(const BlockTag& tag, const Launch& launch, bool train, const Dropout& dropout,
                              proto::CausedLaunch& record) {
  switch (kernel_of(launch.kind).form) {
    case KernelForm::load:
      return load_input(tag, record);
    case KernelForm::loss:
      return softmax(tag, launch, train, record);
    case KernelForm::local:
      return local(launch, dropout, record);
    case KernelForm::stream:
      break;
  }
  return matrix(tag, launch, record);
}

LaunchTimes CsX::local(const Launch& launch, const Dropout& dropout, const proto::CausedLaunch& record) {
  const int outputs = plan_.job->layers[static_cast<std::size_t>(launch.layer)].outputs;
  const bool forward = kernel_of(launch.kind).role == KernelRole::forward, drops = dropout.probability > 0;
  LaunchTimes times = each_lane([&](int tokens) {
    return forward ? activation_times(*plan_.machine, outputs, drops, plan_.mapping.lane, tokens)
                   : activation_backward_times(*plan_.machine, outputs, drops, plan_.mapping.lane, tokens);
  });
  programs_.open_local(launch, dropout, record.global_step, record.start);
  if (forward)
    wafer_.activation_values(launch.layer, dropout);
  else
    wafer_.activation_backward_values(launch.layer);
  times.end = programs_.close(nullptr, times.end);
  return times;
}

namespace {

/// What the launch's PEs waited for. Every mapped PE waits while the layer's version is not there.
proto::StreamWaits split_waits(const proto::CausedLaunch& record, KernelKind kind, std::int64_t mapped) {
  const std::int64_t all = record.classes[static_cast<std::size_t>(proto::TimeClass::wait_stream)];
  proto::StreamWaits waits;
  waits.update = std::min(all, record.wait_update * mapped);
  const std::int64_t rest = all - waits.update;
  if (kernel_of(kind).form == KernelForm::load)
    waits.samples = rest;
  else if (consumes_weights(kind))
    waits.weights = rest;
  else if (record.stream_in_bytes > 0)
    waits.weights = std::min(rest, (record.wait - record.wait_update) * mapped);
  waits.deltas = rest - waits.samples - waits.weights;
  return waits;
}

}  // namespace

void CsX::take(const Arrival& arrival, RunCycle words, RunCycle done, proto::CausedLaunch& record) {
  if (words > progress_.at) {
    record.wait += words - progress_.at;
    progress_.cause = arrival.cause.then(
        arrival.tag.kind == BlockKind::samples ? proto::Limiter::sample_link : proto::Limiter::ethernet_down, work_,
        ps_of(words));
    // What came before the newest update on the way here was waiting for the version.
    Picosecond updated = 0;
    const Picosecond from = ps_of(progress_.at);
    progress_.cause.walk(from, [&](proto::Limiter limiter, const proto::WorkOf&, Picosecond, Picosecond end) {
      if (limiter == proto::Limiter::memoryx_update) updated = std::max(updated, end);
    });
    if (updated > from) record.wait_update += run_cycle(plan_.machine->clock, updated) - progress_.at;
    progress_.at = words;
  }
  if (done <= progress_.at) return;
  progress_.cause = std::move(progress_.cause).then(proto::Limiter::wafer, work_, ps_of(done));
  progress_.at = done;
}

void CsX::book(proto::CausedLaunch& record, KernelKind kind, LaunchTimes times) {
  const std::int64_t pes =
      static_cast<std::int64_t>(plan_.machine->fabric.user_width) * plan_.machine->fabric.user_height;
  // The classes of a run add up to this; so none of them, nor a sum of some, is larger.
  checked_mul((record.start + times.end).since(), pes, "the time of all PEs", "PE-cycles");
  record.bound_by = times.bound_by();
  const std::int64_t mapped = times.mapped;
  times.close(pes);
  record.end = record.start + times.end;
  record.classes = times.classes;
  record.waits = split_waits(record, kind, mapped);
  progress_.cause = std::move(progress_.cause).then(proto::Limiter::wafer, work_, ps_of(record.end));
  record.limiter = proto::most_of(progress_.cause, ps_of(record.start), proto::Limiter::wafer);
  record.macs = times.macs;
  record.fabric_wavelet_hops = times.wavelet_hops;
  for (std::size_t which = 0; which < totals_.size(); ++which) totals_[which] += times.classes[which];
  totals_[static_cast<std::size_t>(proto::TimeClass::between)] += (record.start - wafer_free_) * pes;
  wafer_free_ = record.end;
  if (phase_track_ >= 0 || start_track_ >= 0) {
    const Picosecond start = ps_of(record.start), end = ps_of(record.end);
    recorder_.span(phase_track_, start, end, recorder_.name(recorder_.layer(record.layer) + '.' + record.kernel));
    recorder_.span(start_track_, start, end, static_cast<std::uint64_t>(record.start.since()));
  }
  records_.push_back(std::move(record));
}

LaunchTimes CsX::load_input(const BlockTag& tag, proto::CausedLaunch& record) {
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
    programs_.open_load(samples, labels, record.global_step, record.start);
    wafer_.load_samples(samples, labels);
  }
  record.stream_in_bytes = static_cast<Bytes>(arrival.payload->size());
  record.stream_wait = std::max<Cycle>(0, to_edge(arrival.at) - record.start);
  take(arrival, to_edge(arrival.at), record.start, record);
  const int outputs = job.layers.back().outputs;
  const int rows = std::min(std::max(features, outputs), plan_.mapping.lane.height);
  const Cycle ready = samples_ready(*plan_.machine, layout_, rows, wafer_.lanes(), to_edge(arrival.at) - record.start);
  LaunchTimes times = each_lane([&](int lane_tokens) {
    return load_times(*plan_.machine, layout_, features, outputs, plan_.mapping.lane, lane_tokens, ready);
  });
  const auto starts = [&](int lane) {
    return load_starts(*plan_.machine, layout_, features, outputs, plan_.mapping.lane, wafer_.lane_tokens(lane), ready);
  };
  times.end = programs_.close(starts, times.end);
  BlockTag credit = arrival.tag;
  credit.kind = BlockKind::credit;
  const RunCycle taken = record.start + times.end;
  proto::Cause why = progress_.cause.then(proto::Limiter::wafer, work_, ps_of(taken));
  proto::send(input_out, {credit, nullptr, leaving(why, taken, proto::Limiter::sample_link)}, from_edge(taken));
  return times;
}

LaunchTimes CsX::matrix(const BlockTag& tag, const Launch& launch, proto::CausedLaunch& record) {
  const Job& job = *plan_.job;
  wafer_.begin_launch(launch.kind, launch.layer);
  wafer_.begin_values();
  programs_.open_matrix(launch, record.global_step, record.start);
  const MatrixLayer& layer = job.layers[static_cast<std::size_t>(launch.layer)];
  timers_.open(launch.kind, layer, record.start);
  if (consumes_weights(launch.kind)) take_weights(tag, launch, record);
  if (produces_gradient(launch.kind)) send_gradient(tag, launch, record);
  if (kernel_of(launch.kind).weights == KernelWeights::resident) {
    timers_.run(wafer_.map(0).rounds);
    wafer_.retained_delta_values();
  }
  LaunchTimes times = timers_.close();
  times.end = programs_.close([this](int lane) { return timers_.edge(lane); }, times.end);
  record.rounds_added = timers_.rounds_added();
  record.rounds_simulated = wafer_.map(0).rounds - record.rounds_added;
  record.pe_rounds_simulated = timers_.pe_rounds();
  for (int lane = 0; lane < wafer_.lanes(); ++lane) {
    const LaunchMap& map = wafer_.map(lane);
    record.pe_rounds += static_cast<std::int64_t>(map.rounds) * map.lines * map.positions;
  }
  record.simulated = timers_.how();
  return times;
}

CsX::Arrival CsX::take_chunk(BlockTag& tag, int chunk, proto::CausedLaunch& record) {
  tag.kind = BlockKind::weights;
  tag.chunk = chunk;
  tag.lane = placement_.lane(tag.layer, chunk);
  expect(proto::describe(tag));
  Arrival arrival = next(weights_[static_cast<std::size_t>(tag.lane)]);
  if (!proto::same_block(arrival.tag, tag))
    throw SimulationError(
        fmt::format("system {} took {} instead of {}", system_, proto::describe(arrival.tag), proto::describe(tag)));
  record.stream_in_bytes += static_cast<Bytes>(arrival.payload->size());
  if (chunk == 0) record.stream_wait = std::max<Cycle>(0, to_edge(arrival.at) - record.start);
  return arrival;
}

void CsX::take_weights(BlockTag tag, const Launch& launch, proto::CausedLaunch& record) {
  const MatrixLayer& layer = plan_.job->layers[static_cast<std::size_t>(launch.layer)];
  const StreamShape shape = stream_shape(layer, launch.kind, plan_.machine->memoryx.chunk_bytes);
  for (int chunk = 0; chunk < shape.chunks(); ++chunk) {
    tell_place(tag, shape.chunk_first_round(chunk), shape.rounds);
    const Arrival arrival = take_chunk(tag, chunk, record);
    const RunCycle left = timers_.feed(to_edge(arrival.at), shape.chunk_rounds(chunk));
    take(arrival, to_edge(arrival.at), left, record);
    if (arrival.payload->has_bytes()) {
      decode(layer, launch.kind, shape, chunk, *arrival.payload);
      wafer_.weight_values(shape.chunk_first_round(chunk), shape.chunk_rounds(chunk), decoded_.data(),
                           shape.elements_per_round);
    }
    tag.kind = BlockKind::credit;
    send_up(tag, nullptr, std::max(from_edge(left), arrival.at),
            leaving(progress_.cause, left, proto::Limiter::ethernet_up));
  }
}

// Weights as floats, [rounds][places]; of a sparse layer zero where none is kept.
void CsX::decode(const MatrixLayer& layer, KernelKind kind, const StreamShape& shape, int chunk,
                 const proto::PayloadBytes& payload) {
  const auto* halves = reinterpret_cast<const std::uint16_t*>(payload.data());
  const int first = shape.chunk_first_round(chunk), rounds = shape.chunk_rounds(chunk);
  halves_.resize(static_cast<std::size_t>(rounds) * static_cast<std::size_t>(shape.elements_per_round));
  if (layer.mask) {
    std::fill(halves_.begin(), halves_.end(), std::uint16_t{0});
    std::uint16_t* row = halves_.data();
    for (int round = first; round < first + rounds; ++round, row += shape.elements_per_round)
      for_each_kept(layer, kernel_of(kind).by_input, round, [&](int place) {
        if (halves[1] != static_cast<std::uint16_t>(place))
          throw SimulationError(fmt::format("system {}: layer {}, round {}: a weight with index {} came, {} was due",
                                            system_, layer.name, round, halves[1], place));
        row[place] = halves[0];
        halves += 2;
      });
  } else {
    std::copy_n(halves, halves_.size(), halves_.data());
  }
  decoded_.resize(halves_.size());
  half_to_float(halves_.data(), decoded_.data(), decoded_.size());
  programs_.stream(halves_.data(), halves_.size());
}

void CsX::send_gradient(BlockTag tag, const Launch& launch, proto::CausedLaunch& record) {
  const MatrixLayer& layer = plan_.job->layers[static_cast<std::size_t>(launch.layer)];
  const StreamShape shape = stream_shape(layer, launch.kind, plan_.machine->memoryx.chunk_bytes);
  for (int chunk = 0; chunk < shape.chunks(); ++chunk) {
    tell_place(tag, shape.chunk_first_round(chunk), shape.rounds);
    RunCycle done;
    if (consumes_indices(layer, launch.kind)) {
      const Arrival arrival = take_chunk(tag, chunk, record);
      const EdgeMarks marks = timers_.feed_and_drain(to_edge(arrival.at), shape.chunk_rounds(chunk));
      tag.kind = BlockKind::credit;
      take(arrival, to_edge(arrival.at), marks.left, record);
      send_up(tag, nullptr, std::max(from_edge(marks.left), arrival.at),
              leaving(progress_.cause, marks.left, proto::Limiter::ethernet_up));
      done = marks.drained;
    } else {
      done = timers_.drain(shape.chunk_rounds(chunk));
    }
    Block::Payload payload = gradient_sums(layer, shape, chunk);
    tag.kind = BlockKind::gradient;
    tag.chunk = chunk;
    tag.lane = placement_.lane(launch.layer, chunk);
    record.stream_out_bytes += static_cast<Bytes>(payload->size());
    const Cycle summed = static_cast<Cycle>(wafer_.lanes() - 1) * plan_.machine->io.lane_sum_cycles;
    send_up(tag, std::move(payload), from_edge(done),
            leaving(progress_.cause.then(proto::Limiter::wafer, work_, ps_of(done - summed))
                        .then(proto::Limiter::lane_copies, work_, ps_of(done)),
                    done, proto::Limiter::ethernet_up));
  }
}

Block::Payload CsX::gradient_sums(const MatrixLayer& layer, const StreamShape& shape, int chunk) {
  const auto bytes = static_cast<std::size_t>(shape.chunk_bytes(chunk));
  if (plan_.job->timing_only) return proto::PayloadBytes::only_size(bytes);
  auto payload = std::make_shared<proto::PayloadBytes>(bytes);
  auto* sums = reinterpret_cast<float*>(payload->data());
  const std::size_t count = bytes / sizeof(float);
  const int first = shape.chunk_first_round(chunk), rounds = shape.chunk_rounds(chunk);
  places_.resize(layer.mask ? static_cast<std::size_t>(rounds) * static_cast<std::size_t>(shape.elements_per_round)
                            : 0);
  lane_sums_.resize(wafer_.lanes() > 1 ? count : 0);
  for (int lane = 0; lane < wafer_.lanes(); ++lane) {
    float* of_lane = lane == 0 ? sums : lane_sums_.data();
    wafer_.lane(lane).gradient_values(first, rounds, layer.mask ? places_.data() : of_lane);
    if (layer.mask) {
      float* kept = of_lane;
      const float* row = places_.data();
      for (int round = first; round < first + rounds; ++round, row += shape.elements_per_round)
        for_each_kept(layer, false, round, [&](int place) { *kept++ = row[place]; });
    }
    programs_.leaving(lane, of_lane, count);
    if (lane > 0) std::transform(sums, sums + count, of_lane, sums, std::plus<>());
  }
  return payload;
}

LaunchTimes CsX::softmax(const BlockTag& tag, const Launch& launch, bool train, proto::CausedLaunch& record) {
  const Job& job = *plan_.job;
  Cycle leaves = 0;
  LaunchTimes times = each_lane([&](int tokens) {
    Cycle of_lane = 0;
    const LaunchTimes lane =
        softmax_times(*plan_.machine, layout_, job.layers.back().outputs, train, plan_.mapping.lane, tokens, of_lane);
    leaves = std::max(leaves, of_lane);
    return lane;
  });
  leaves += static_cast<Cycle>(wafer_.lanes() - 1) * plan_.machine->io.lane_sum_cycles;
  auto payload = std::make_shared<proto::PayloadBytes>(2 * sizeof(float));
  programs_.open_loss(launch, train, loss_scale_, record.global_step, record.start);
  float loss[2] = {0, 0};
  for (int lane = 0; lane < wafer_.lanes(); ++lane) {
    float of_lane[2] = {0, 0};
    wafer_.lane(lane).softmax_values(train, loss_scale_, of_lane);
    programs_.leaving(lane, of_lane, std::size(of_lane));
    for (int which : {0, 1}) loss[which] += of_lane[which];
  }
  times.end = programs_.close(nullptr, times.end);
  if (!std::isfinite(loss[0]) && first_not_finite_ < 0)
    first_not_finite_ = first_activation_not_finite(wafer_, static_cast<int>(job.layers.size()));
  std::memcpy(payload->data(), loss, sizeof loss);
  BlockTag up = tag;
  up.kind = BlockKind::loss;
  up.chunk = 0;
  up.lane = 0;
  record.stream_out_bytes = static_cast<Bytes>(payload->size());
  const RunCycle left = record.start + leaves;
  send_up(up, std::move(payload), from_edge(left),
          leaving(progress_.cause.then(proto::Limiter::wafer, work_, ps_of(left)), left, proto::Limiter::ethernet_up));
  return times;
}

}  // namespace weft::hw
