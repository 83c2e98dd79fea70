// The launches of a system: what each waits for, what it does to time and values, what it sends.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "hw/csx/csx.h"
#include "hw/csx/not_finite.h"
#include "hw/fabric/local_times.h"
#include "hw/spec/kernel_table.h"
#include "tlm/base/checked.h"
#include "tlm/base/split_mix.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;
using proto::BlockTag;

namespace {

CountedStep counted_step(const BlockTag& tag, const proto::CausedLaunch& record) {
  return {record.global_step + (tag.train ? 1 : 0), tag.train};
}

}  // namespace

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

void CsX::run_launch(BlockTag tag, const Launch& launch) {
  tag.layer = plan_.job->owner(launch.layer);
  proto::CausedLaunch record = books_.open_launch(tag, launch, plan_.predict(tag.train, tag.launch));
  record.tile = tile_number(plan_.job->layers[static_cast<std::size_t>(launch.layer)], launch);
  try {
    const LaunchTimes times = launch_times(tag, launch, record);
    record.rounded = wafer_.take_losses();
    books_.book(record, launch.kind, times);
  } catch (const TimeOverflow& overflow) {
    throw SimulationError(fmt::format(
        "system {}, stage {}, step {}, micro-batch {}, layer {}, {}: {}", system_, tag.stage, tag.step, tag.micro_batch,
        plan_.job->layers[static_cast<std::size_t>(launch.layer)].name, record.kernel, overflow.what()));
  }
}

LaunchTimes CsX::launch_times(const BlockTag& tag, const Launch& launch, proto::CausedLaunch& record) {
  if (in_heads(launch.kind)) return attention(tag, launch, record);
  switch (kernel_of(launch.kind).form) {
    case KernelForm::load:
      return load_input(tag, launch, record);
    case KernelForm::line:
      return line(tag, launch, record);
    case KernelForm::stream:
      break;
  }
  return matrix(tag, launch, record);
}

Dropout CsX::dropout_of(const BlockTag& tag, int index) const {
  const Job& job = *plan_.job;
  const MatrixLayer& layer = job.layers[static_cast<std::size_t>(index)];
  if (!tag.train || layer.dropout <= 0) return {};
  const std::uint64_t place = (job.seed + 1) * split_mix_gamma +
                              static_cast<std::uint64_t>(books_.global_step()) * 1024 +
                              static_cast<std::uint64_t>(index) + 1;
  const int first_sample = system_ * job.tokens_per_system() + tag.micro_batch * job.tokens();
  return {layer.dropout, split_mix(place), static_cast<std::uint32_t>(first_sample)};
}

LaunchTimes CsX::line(const BlockTag& tag, const Launch& launch, proto::CausedLaunch& record) {
  const MatrixLayer& layer = plan_.job->layers[static_cast<std::size_t>(launch.layer)];
  LineSettings settings = line_settings(layer, tag.train, plan_.job->format);
  settings.loss_scale = opening_.loss_scale * (layer.of_samples() ? opening_.of_samples : 1.0F);
  settings.dropout = dropout_of(tag, launch.layer);
  LaunchCycle leaves;
  LaunchTimes times = each_lane([&](int tokens) {
    const ColumnTimes& lane =
        line_timer_.of(launch.kind, settings,
                       {plan_.mapping.lane, line_features(launch.kind, layer), tokens, layer.attention.queries});
    leaves = std::max(leaves, lane.leaves);
    return lane.times;
  });
  watch_->open_line(wafer_, launch, settings, counted_step(tag, record), record.start);
  std::vector<float> totals;
  for (int lane = 0; lane < wafer_.lanes(); ++lane) {
    const std::vector<float> of_lane = wafer_.lane(lane).line_values(launch, wafer_.lane_settings(settings, lane));
    watch_->leaving(lane, of_lane.data(), of_lane.size());
    if (lane == 0) totals.assign(of_lane.size(), -0.0F);  // to which any number adds as it is
    for (std::size_t which = 0; which < of_lane.size(); ++which) totals[which] += of_lane[which];
  }
  times.end = watch_->close(nullptr, times.end);
  if (kernel_of(launch.kind).role == KernelRole::loss) send_loss(tag, totals, leaves, record);
  if (produces_gradient(launch.kind)) send_totals(tag, launch, settings, totals, record);
  return times;
}

LaunchTimes CsX::attention(const BlockTag& tag, const Launch& launch, const proto::CausedLaunch& record) {
  const MatrixLayer& layer = plan_.job->layers[static_cast<std::size_t>(launch.layer)];
  LineSettings settings = line_settings(layer, tag.train, plan_.job->format);
  settings.dropout = dropout_of(tag, launch.layer);
  settings.tile = launch.tile;
  const bool product = kernel_of(launch.kind).streams();
  LaunchTimes times = each_lane([&](int tokens) {
    const HeadGrid grid = grid_of(launch, tokens);
    return product ? attention_timer_.of(launch.kind, grid) : line_timer_.of_heads(launch.kind, settings, grid);
  });
  const auto end_of = [&](const HeadGrid& grid, Rectangle rectangle) {
    return product ? attention_timer_.of(launch.kind, grid, rectangle).end
                   : line_timer_.of_heads(launch.kind, settings, grid, rectangle).end;
  };
  watch_->open_attention(wafer_, launch, settings, end_of, counted_step(tag, record), record.start);
  for (int lane = 0; lane < wafer_.lanes(); ++lane)
    wafer_.lane(lane).attention_values(launch, wafer_.lane_settings(settings, lane));
  times.end = watch_->close(nullptr, times.end);
  return times;
}

void CsX::send_loss(const BlockTag& tag, const std::vector<float>& totals, LaunchCycle leaves,
                    proto::CausedLaunch& record) {
  std::array<float, 2> loss{};
  std::copy(totals.begin(), totals.end(), loss.begin());
  if (!std::isfinite(loss[0]) && first_not_finite_ < 0)
    first_not_finite_ = first_activation_not_finite(wafer_, plan_.job->activations);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(loss.data());
  const RunCycle left = record.start + (leaves.since() + layout_.way_out(0) + lane_sum());
  Block sums{tag};
  sums.tag.kind = BlockKind::loss;
  sums.payload = std::make_shared<const proto::PayloadBytes>(bytes, bytes + sizeof loss);
  sums.cause = books_.leaving(left, proto::Limiter::ethernet_up);
  record.stream_out_bytes = sums.bytes();
  links.send_up(std::move(sums), clock_.from_edge(left), books_.work());
}

LaunchTimes CsX::load_input(const BlockTag& tag, const Launch& launch, proto::CausedLaunch& record) {
  const Job& job = *plan_.job;
  const LoadShape shape = load_shape(launch.kind, job.layers);
  const ArrivedBlock arrival = links.samples(tag);
  if (arrival.payload->has_bytes()) {
    const auto* samples = reinterpret_cast<const std::uint16_t*>(arrival.payload->data());
    std::vector<std::int32_t> labels(static_cast<std::size_t>(job.tokens()));  // which may begin at an odd half
    std::memcpy(labels.data(), samples + static_cast<std::ptrdiff_t>(job.tokens()) * shape.features,
                labels.size() * sizeof(std::int32_t));
    watch_->open_load(wafer_, launch, samples, labels.data(), counted_step(tag, record), record.start);
    wafer_.load_samples(samples, labels.data());
  }
  const RunCycle there = clock_.to_edge(arrival.at);
  record.stream_in_bytes = arrival.bytes();
  record.stream_wait = std::max<Cycle>(0, there - record.start);
  books_.take(arrival, there, record.start, record);
  const int rows = shape.rows(plan_.mapping.lane.height);
  const LaunchCycle ready =
      samples_ready(*plan_.machine, layout_, rows, wafer_.lanes(), LaunchCycle(there - record.start));
  LaunchTimes times = each_lane([&](int lane_tokens) {
    return load_times(*plan_.machine, layout_, shape, plan_.mapping.lane, lane_tokens, ready);
  });
  const auto starts = [&](int lane) {
    return load_starts(*plan_.machine, layout_, shape, plan_.mapping.lane, wafer_.lane_tokens(lane), ready);
  };
  times.end = watch_->close(starts, times.end);
  const RunCycle taken = record.start + times.end.since();
  links.credit_samples(arrival.tag, books_.leaving(taken, proto::Limiter::sample_link), clock_.from_edge(taken));
  return times;
}

LaunchTimes CsX::matrix(const BlockTag& tag, const Launch& launch, proto::CausedLaunch& record) {
  wafer_.begin_launch(launch);
  wafer_.begin_values();
  watch_->open_matrix(wafer_, launch, counted_step(tag, record), record.start);
  timers_.open(launch.kind, plan_.job->layers[static_cast<std::size_t>(launch.layer)], record.start);
  if (consumes_weights(launch.kind)) take_weights(tag, launch, record);
  if (produces_gradient(launch.kind)) send_gradient(tag, launch, record);
  if (kernel_of(launch.kind).weights == KernelWeights::resident) {
    timers_.run(wafer_.map(0).rounds);
    wafer_.retained_delta_values();
  }
  LaunchTimes times = timers_.close();
  times.end = watch_->close([this](int lane) { return timers_.edge(lane); }, times.end);
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

ArrivedBlock CsX::take_chunk(BlockTag& tag, int chunk, proto::CausedLaunch& record) {
  tag.kind = BlockKind::weights;
  tag.chunk = chunk;
  tag.lane = placement_.lane(tag.layer, chunk);
  ArrivedBlock arrival = links.weights(tag);
  record.stream_in_bytes += arrival.bytes();
  if (chunk == 0) record.stream_wait = std::max<Cycle>(0, clock_.to_edge(arrival.at) - record.start);
  return arrival;
}

void CsX::give_back(const ArrivedBlock& arrival, RunCycle left, proto::CausedLaunch& record) {
  books_.take(arrival, clock_.to_edge(arrival.at), left, record);
  BlockTag credit = arrival.tag;
  credit.kind = BlockKind::credit;
  links.send_up({credit, nullptr, books_.leaving(left, proto::Limiter::ethernet_up)},
                std::max(clock_.from_edge(left), arrival.at), books_.work());
}

void CsX::take_weights(BlockTag tag, const Launch& launch, proto::CausedLaunch& record) {
  const MatrixLayer& layer = plan_.job->layers[static_cast<std::size_t>(launch.layer)];
  const StreamShape shape =
      stream_shape(layer, launch.kind, plan_.machine->memoryx.chunk_bytes, plan_.job->gradient_wire);
  for (int chunk = 0; chunk < shape.chunks(); ++chunk) {
    tell_place(tag, shape.chunk_first_round(chunk), shape.rounds);
    const ArrivedBlock arrival = take_chunk(tag, chunk, record);
    const RunCycle left = timers_.feed(clock_.to_edge(arrival.at), shape.chunk_rounds(chunk));
    if (arrival.payload->has_bytes()) values_.take_weights(layer, launch.kind, shape, chunk, *arrival.payload);
    give_back(arrival, left, record);
  }
}

void CsX::send_totals(const BlockTag& tag, const Launch& launch, const LineSettings& settings,
                      const std::vector<float>& totals, proto::CausedLaunch& record) {
  const MatrixLayer& layer = plan_.job->layers[static_cast<std::size_t>(launch.layer)];
  const StreamShape shape = gradient_shape(layer, plan_.machine->memoryx.chunk_bytes, plan_.job->gradient_wire);
  const auto block = [&](int tokens) { return BlockMap{plan_.mapping.lane, layer.features(), tokens}; };
  const std::vector<RunCycle> at_edge = timers_.drain_line(
      layer, plan_.mapping.lane, record.start,
      [&](int tokens) -> const ColumnTimes& { return line_timer_.of(launch.kind, settings, block(tokens)); });
  for (int chunk = 0; chunk < shape.chunks(); ++chunk) {
    const int last = shape.chunk_first_round(chunk) + shape.chunk_rounds(chunk) - 1;
    auto payload = plan_.job->timing_only
                       ? proto::PayloadBytes::only_size(static_cast<std::size_t>(shape.chunk_bytes(chunk)))
                       : values_.of_totals(tag.layer, block(wafer_.lane_tokens(0)), shape, chunk, totals);
    send_sums(tag, chunk, std::move(payload), at_edge[static_cast<std::size_t>(last)], record);
  }
}

void CsX::send_sums(BlockTag tag, int chunk, Block::Payload payload, RunCycle done, proto::CausedLaunch& record) {
  tag.kind = BlockKind::gradient;
  tag.chunk = chunk;
  tag.lane = placement_.lane(tag.layer, chunk);
  Block sums{tag};
  sums.payload = std::move(payload);
  sums.cause = books_.leaving(done, proto::Limiter::ethernet_up, lane_sum());
  record.stream_out_bytes += sums.bytes();
  links.send_up(std::move(sums), clock_.from_edge(done), books_.work());
}

void CsX::send_gradient(BlockTag tag, const Launch& launch, proto::CausedLaunch& record) {
  const MatrixLayer& layer = plan_.job->layers[static_cast<std::size_t>(launch.layer)];
  const StreamShape shape =
      stream_shape(layer, launch.kind, plan_.machine->memoryx.chunk_bytes, plan_.job->gradient_wire);
  for (int chunk = 0; chunk < shape.chunks(); ++chunk) {
    tell_place(tag, shape.chunk_first_round(chunk), shape.rounds);
    RunCycle done;
    if (consumes_indices(layer, launch.kind)) {
      const ArrivedBlock arrival = take_chunk(tag, chunk, record);
      const EdgeMarks marks = timers_.feed_and_drain(clock_.to_edge(arrival.at), shape.chunk_rounds(chunk));
      give_back(arrival, marks.left, record);
      done = marks.drained;
    } else {
      done = timers_.drain(shape.chunk_rounds(chunk));
    }
    send_sums(tag, chunk,
              plan_.job->timing_only
                  ? proto::PayloadBytes::only_size(static_cast<std::size_t>(shape.chunk_bytes(chunk)))
                  : values_.gradient(layer, tag.layer, shape, chunk),
              done, record);
  }
}

}  // namespace weft::hw
