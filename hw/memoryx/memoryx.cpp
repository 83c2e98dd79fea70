#include "hw/memoryx/memoryx.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "hw/spec/step_opening.h"
#include "tlm/base/error.h"
#include "tlm/block/describe.h"
#include "tlm/block/work_of.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;
using proto::BlockTag;

MemoryX::MemoryX(const sc_core::sc_module_name& module_name, const Job& job, const MachineSpec& machine,
                 const TrainingState& initial, RunControl& control, proto::Recorder& recorder)
    : sc_module(module_name),
      lane_out("lane_out", machine.io.ethernet_links),
      lane_in("lane_in", machine.io.ethernet_links),
      user_out("user_out"),
      job_(job),
      control_(control),
      chunk_bytes_(machine.memoryx.chunk_bytes),
      placement_(job, machine),
      store_(job, chunk_bytes_, initial),
      updates_(job, machine, placement_, store_, servers_,
               LossScale(job.loss_scale, initial.loss_scale, initial.finite_steps)),
      window_(machine.io.edge_buffer_bytes),
      user_link_(fmt::format("{}.user", name()), "memoryx_to_user", proto::Limiter::host, machine.host.link_gbps,
                 machine.host.link_latency_ps, recorder),
      reads_(machine.host.command_latency_ps,
             proto::Cause().then(proto::Limiter::host, {}, machine.host.command_latency_ps)),
      last_stream_(job.layers.size(), -1) {
  for (int server = 0; server < placement_.servers(); ++server) servers_.emplace_back(job, machine, placement_, server);
  lanes_.reserve(placement_.lanes());
  for (int lane = 0; lane < placement_.lanes(); ++lane) {
    lanes_.emplace_back(fmt::format("{}.lane{}", name(), lane), "memoryx_to_swarmx", proto::Limiter::ethernet_down,
                        machine.io.ethernet_gbps, machine.swarmx.link_latency_ps, recorder);
    lane_in[lane].register_b_transport(this, &MemoryX::receive, lane);
  }
  for (std::size_t launch = 0; launch < job.train_launches.size(); ++launch)
    if (consumes_weights(job.train_launches[launch].kind))
      last_stream_[job.owner(job.train_launches[launch].layer)] = static_cast<int>(launch);
  SC_HAS_PROCESS(MemoryX);
  SC_THREAD(run);
}

TrainingState MemoryX::state() const {
  TrainingState state = store_.state();
  state.global_step = global_step();
  state.loss_scale = updates_.loss_scale().scale();
  state.finite_steps = updates_.loss_scale().finite_steps();
  return state;
}

void MemoryX::run() {
  if (job_.initial_checkpoint && train_steps() > 0) checkpoint(0, 0);
  bool go = true;
  for (int stage = 0; go && stage < static_cast<int>(job_.stages.size()); ++stage)
    for (std::int64_t step = 0; go && step < job_.stages[stage].steps; ++step) go = run_step(stage, step);
  wait_for_updates();
  if (!go && job_.final_checkpoint && train_started_ > 0 && last_checkpoint_ != train_started_) checkpoint(0, 0);
  sequence_done_ = true;
}

bool MemoryX::run_step(int stage, std::int64_t step) {
  if (!control_.may_start(stage, step)) return false;
  begin_step(stage, step);
  const bool train = job_.stages[stage].train;
  const std::vector<Launch>& launches = job_.launches(train);
  for (int micro_batch = 0; micro_batch < job_.micro_batches; ++micro_batch) {
    for (std::size_t launch = 0; launch < launches.size(); ++launch) {
      if (!consumes_stream(job_.layers[launches[launch].layer], launches[launch].kind)) continue;
      BlockTag tag;
      tag.stage = stage;
      tag.step = step;
      tag.micro_batch = micro_batch;
      tag.launch = static_cast<int>(launch);
      tag.layer = job_.owner(launches[launch].layer);
      tag.train = train;
      stream(tag, launches[launch].kind);
    }
  }
  if (stage == 0 && step == 0)
    for (const WeightServer& server : servers_) step_read_ = std::max(step_read_, server.read_ps());
  if (train) {
    ++train_started_;
    if (checkpoint_due()) checkpoint(stage, step);
  }
  return true;
}

void MemoryX::begin_step(int stage, std::int64_t step) {
  const bool train = job_.stages[stage].train;
  // A dynamic scale of this step depends on every gradient of the step before.
  if (train && job_.loss_scale.dynamic) {
    wait_for_updates();
    reads_.issue_from(updates_.decided_at(), updates_.decided_cause());
  }
  if (reads_.issue() > proto::absolute_ps(sc_core::SC_ZERO_TIME)) wait(proto::delay_until(reads_.issue()));

  at_begin_of_step_ = true;
  const std::int64_t without = train && unlabelled ? unlabelled(stage, step) : 0;
  if (train) updates_.step_begins(std::max<std::int64_t>(job_.batch - without, 1));
  losses_due_ += job_.micro_batches * job_.losses();
  StepOpening opening;
  if (train) opening.loss_scale = static_cast<float>(updates_.loss_scale().scale());
  // Gradients are divided by the labels of tokens alone.
  const int samples = job_.batch / job_.sample_tokens;
  opening.of_samples =
      static_cast<float>(std::max<std::int64_t>(job_.batch - without, 1)) / static_cast<float>(samples);
  auto payload = std::make_shared<proto::PayloadBytes>(StepOpening::bytes(job_));
  std::memcpy(payload->data(), &opening, payload->size());
  BlockTag tag;
  tag.kind = BlockKind::step_begin;
  tag.stage = stage;
  tag.step = step;
  tag.train = train;
  send(tag, std::move(payload), reads_.issue(), reads_.issue_cause());
}

void MemoryX::stream(BlockTag tag, KernelKind kind) {
  while (updates_.version(tag.layer) < train_started_) {
    waiting_ = fmt::format("{} waits with {} for {}", name(), describe(tag), updates_.missing(tag.layer));
    wait(progress_);
  }
  waiting_.clear();
  // At the first stream of a step no gradient of it can have come: nothing of it has changed the state.
  if (std::exchange(at_begin_of_step_, false) && train_started_ > 0 && updates_.steps_decided() == train_started_ &&
      control_.wants_state())
    control_.take_state(state());
  reads_.issue_from(updates_.version_at(tag.layer), updates_.version_cause(tag.layer));
  const StreamShape shape = store_.shape_of(tag.layer, kind);
  for (tag.chunk = 0; tag.chunk < shape.chunks(); ++tag.chunk) {
    tag.lane = placement_.lane(tag.layer, tag.chunk);
    send_chunk(tag, kind, shape);
  }
  const bool last = tag.micro_batch == job_.micro_batches - 1 && tag.launch == last_stream_[tag.layer];
  if (last && job_.stages[tag.stage].train)
    updates_.streams_read(train_started_, tag.layer, reads_.done(), reads_.done_cause());
}

void MemoryX::send_chunk(const BlockTag& tag, KernelKind kind, const StreamShape& shape) {
  const std::int64_t elements = shape.chunk_elements(tag.chunk);
  const Bytes bytes = shape.chunk_bytes(tag.chunk);
  Picosecond room_at = 0;
  while (!window_.room(bytes, room_at)) {
    waiting_ = fmt::format("{} waits with {} for the credit of {}", name(), describe(tag), describe(window_.oldest()));
    wait(progress_);
  }
  waiting_.clear();
  reads_.issue_from(room_at, window_.room_cause());
  if (updates_.version(tag.layer) != train_started_)
    throw SimulationError(fmt::format("{}: {} would carry version {} instead of {}", name(), describe(tag),
                                      updates_.version(tag.layer), train_started_));
  WeightServer& server = servers_[placement_.server(tag.layer, tag.chunk)];
  proto::Cause why = reads_.issue_cause();
  const proto::WorkOf work = proto::work_of(tag);
  const Picosecond ready = consumes_weights(kind)
                               ? server.read(reads_.issue(), tag.layer, elements, kernel_of(kind).by_input, &why, work)
                               : server.read_indices(reads_.issue(), tag.layer, elements, &why, work);
  reads_.read(ready, why);
  window_.sent(tag, bytes);
  send(tag, store_.read_stream(tag.layer, kind, tag.chunk), ready, std::move(why));
}

void MemoryX::send(const BlockTag& tag, Block::Payload payload, Picosecond ready, proto::Cause cause) {
  Block block{tag, std::move(payload), std::move(cause)};
  const Picosecond at = lanes_[tag.lane].send(ready, tag, block.bytes(), block.cause);
  proto::send(lane_out[tag.lane], block, at);
}

void MemoryX::wait_for_updates() {
  for (int layer = 0; layer < static_cast<int>(job_.layers.size()); ++layer) {
    while (job_.layers[layer].has_parameters() && updates_.version(layer) < train_started_) {
      waiting_ = fmt::format("{} waits for {}", name(), updates_.missing(layer));
      wait(progress_);
    }
  }
  waiting_.clear();
}

bool MemoryX::checkpoint_due() const {
  if (train_started_ == train_steps() && job_.final_checkpoint) return true;
  return job_.checkpoint_steps > 0 && (job_.first_step + train_started_) % job_.checkpoint_steps == 0;
}

void MemoryX::checkpoint(int stage, std::int64_t step) {
  wait_for_updates();
  const Picosecond start = std::max(reads_.issue(), updates_.decided_at());
  const TrainingState now = state();
  BlockTag tag;
  tag.kind = BlockKind::checkpoint;
  tag.stage = stage;
  tag.step = step;
  reads_.issue_from(start, updates_.decided_cause());
  for (tag.layer = 0; tag.layer < static_cast<int>(now.layers.size()); ++tag.layer) {
    if (!job_.layers[tag.layer].has_parameters()) continue;
    for (WeightServer& server : servers_) {
      const Picosecond collected = server.collect(start, tag.layer);
      reads_.issue_from(collected, reads_.issue_cause().then(proto::Limiter::memoryx_reader, {}, collected));
    }
    send_to_user(tag, store_.layer_payload(now, tag.layer), reads_.issue(), reads_.issue_cause());
  }
  send_to_user(tag, std::make_shared<proto::PayloadBytes>(pack_run_state(now)), reads_.issue(), reads_.issue_cause());
  last_checkpoint_ = train_started_;
}

void MemoryX::send_to_user(const BlockTag& tag, Block::Payload payload, Picosecond ready, proto::Cause cause) {
  Block block{tag, std::move(payload), std::move(cause)};
  const Picosecond at = user_link_.send(ready, tag, block.bytes(), block.cause);
  proto::send(user_out, block, at);
}

void MemoryX::receive(int lane, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const std::optional<Block> block = proto::take(transaction);
  if (!block) return;
  const BlockTag& tag = block->tag;
  const Picosecond at = proto::absolute_ps(delay);
  if (tag.lane != lane) throw SimulationError(fmt::format("{}: {} came on lane {}", name(), describe(tag), lane));
  switch (tag.kind) {
    case BlockKind::credit:
      window_.returned(tag, at, block->cause);
      break;
    case BlockKind::gradient:
      if (tag.lane != placement_.lane(tag.layer, tag.chunk))
        throw SimulationError(
            fmt::format("{}: {} belongs on lane {}", name(), describe(tag), placement_.lane(tag.layer, tag.chunk)));
      updates_.gradient(train_steps_before(job_, tag.stage) + tag.step, tag, block->payload, at, block->cause);
      break;
    case BlockKind::loss:
      ++losses_passed_;
      send_to_user(tag, block->payload, at, block->cause);
      break;
    default:
      throw SimulationError(fmt::format("{}: {} came to MemoryX", name(), describe(tag)));
  }
  progress_.notify(sc_core::SC_ZERO_TIME);
}

Picosecond MemoryX::step_optimize_ps() const {
  Picosecond most = 0;
  for (const WeightServer& server : servers_) most = std::max(most, server.optimize_ps());
  return updates_.steps_decided() > 0 ? most / updates_.steps_decided() : 0;
}

std::string MemoryX::waiting_for() const {
  if (!waiting_.empty()) return waiting_;
  if (!sequence_done_) return fmt::format("{} has not started", name());
  if (losses_passed_ != losses_due_)
    return fmt::format("{} waits for {} of {} losses", name(), losses_due_ - losses_passed_, losses_due_);
  return "";
}

std::vector<proto::LimitingLink> MemoryX::link_records() const {
  std::vector<proto::LimitingLink> records;
  for (const proto::LinkPort& lane : lanes_) records.push_back(lane.record());
  records.push_back(user_link_.record());
  return records;
}

}  // namespace weft::hw
