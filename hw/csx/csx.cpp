#include "hw/csx/csx.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tlm/base/checked.h"
#include "tlm/block/describe.h"
#include "tlm/block/work_of.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;
using proto::BlockTag;

CsX::CsX(const sc_core::sc_module_name& name, int system, const SystemPlan& plan, RunControl& control,
         proto::Recorder& recorder)
    : sc_module(name),
      ethernet_in("ethernet_in", static_cast<std::size_t>(plan.machine->io.ethernet_links)),
      ethernet_out("ethernet_out", static_cast<std::size_t>(plan.machine->io.ethernet_links)),
      input_in("input_in"),
      input_out("input_out"),
      system_(system),
      plan_(plan),
      placement_(*plan.job, *plan.machine),
      wafer_("wafer", *plan.machine, *plan.job, plan.mapping, plan.cut, *plan.pool),
      layout_(*plan.machine, plan.mapping),
      timers_(*plan.machine, wafer_, layout_, plan.memo, plan.programs != nullptr, plan.job->stream_order, *plan.pool),
      programs_(plan.programs, wafer_, *plan.job, system),
      recorder_(recorder),
      phase_track_(recorder.track(fmt::format("cluster.system{}.phase", system), "phases", proto::TrackValues::names)),
      step_track_(recorder.track(fmt::format("cluster.system{}.step", system), "phases", proto::TrackValues::numbers)),
      start_track_(recorder.track(fmt::format("cluster.system{}.phase_start_cycle", system), "phases",
                                  proto::TrackValues::numbers)),
      trace_source_(recorder.source()),
      weights_(static_cast<std::size_t>(plan.machine->io.ethernet_links)),
      control_(control) {
  for (int lane = 0; lane < plan.machine->io.ethernet_links; ++lane) {
    const auto at = static_cast<std::size_t>(lane);
    ethernet_in[at].register_b_transport(this, &CsX::receive, lane);
    up_.emplace_back(fmt::format("cluster.system{}.lane{}.up", system, lane), "system_to_swarmx",
                     proto::Limiter::ethernet_up, plan.machine->io.ethernet_gbps, plan.machine->swarmx.link_latency_ps,
                     recorder);
  }
  input_in.register_b_transport(this, &CsX::receive_samples);
  launch_gap_ = launch_gap(*plan.machine, plan.mapping);
  global_step_ = plan.job->first_step;
  wafer_.allocate();

  SC_THREAD(run);
}

void CsX::run() {
  const Job& job = *plan_.job;
  for (std::size_t stage = 0; stage < job.stages.size(); ++stage)
    for (std::int64_t step = 0; step < job.stages[stage].steps; ++step) run_step(static_cast<int>(stage), step);
  waiting_.clear();
}

void CsX::run_step(int stage, std::int64_t step) {
  const Job& job = *plan_.job;
  const bool train = job.stages[static_cast<std::size_t>(stage)].train;
  expect(fmt::format("the begin of stage {} step {}", stage, step));
  const Arrival begin = next(step_begins_);
  std::memcpy(&loss_scale_, begin.payload->data(), sizeof loss_scale_);
  const RunCycle before = wafer_free_;
  begun_ = {before, begun_[0], begun_[1]};
  if (const RunCycle opens = to_edge(begin.at); opens > wafer_free_) {
    wafer_free_ = opens;
    progress_.cause = begin.cause.then(proto::Limiter::ethernet_down, proto::work_of(begin.tag), ps_of(opens));
  }
  const std::int64_t pes =
      static_cast<std::int64_t>(plan_.machine->fabric.user_width) * plan_.machine->fabric.user_height;
  checked_mul(wafer_free_.since(), pes, "the time of all PEs", "PE-cycles");
  totals_[static_cast<std::size_t>(proto::TimeClass::between)] += (wafer_free_ - before) * pes;
  // What the links carry from now on is told from now on; what the wafer does, after it has done what was before.
  const Picosecond start = ps_of(wafer_free_);
  recorder_.settled(trace_source_, std::min(start, proto::absolute_ps(sc_core::SC_ZERO_TIME)));
  BlockTag tag;
  tag.stage = stage;
  tag.step = step;
  tag.train = train;
  const std::vector<Launch>& launches = job.launches(train);
  for (tag.micro_batch = 0; tag.micro_batch < job.micro_batches; ++tag.micro_batch)
    for (tag.launch = 0; tag.launch < static_cast<int>(launches.size()); ++tag.launch) {
      tell_place(tag);
      run_launch(tag, launches[static_cast<std::size_t>(tag.launch)], train);
    }
  recorder_.span(step_track_, start, ps_of(wafer_free_), static_cast<std::uint64_t>(train ? global_step_ : step) + 1);
  if (train) ++global_step_;
  // System 0 looks back a step, and its path may lead through others: they keep more than it can ask for.
  if (system_ != 0) return progress_.cause.forget_before(ps_of(begun_[2]));
  // Seen from a step later, a step is on what the steps to come depend on; its own end may depend on something else.
  if (!paths_.empty()) {
    proto::StepPath& last = paths_.back();
    last.segments = proto::path_of(progress_.cause, last.begin, last.end, plan_.machine->clock).segments;
  }
  paths_.push_back(proto::path_of(progress_.cause, before, wafer_free_, plan_.machine->clock));
  paths_.back().stage = stage;
  paths_.back().step = step;
  // This step is looked at once more, from the end of the next; and an update of it may still be under way.
  progress_.cause.forget_before(ps_of(before));
  if (plan_.step_ended) plan_.step_ended(stage, step, ps_of(wafer_free_));
}

void CsX::expect(const std::string& what) { waiting_ = fmt::format("system {} waits for {}", system_, what); }

void CsX::tell_place(const BlockTag& tag, int rounds_done, int rounds) {
  control_.at({system_, tag.stage, tag.step, tag.micro_batch, tag.launch, rounds_done, rounds});
}

CsX::Arrival CsX::next(std::deque<Arrival>& queue) {
  while (queue.empty()) wait(arrived_);
  Arrival arrival = std::move(queue.front());
  queue.pop_front();
  const sc_core::sc_time at = proto::delay_until(std::max(arrival.at, proto::absolute_ps(sc_core::SC_ZERO_TIME)));
  if (at > sc_core::SC_ZERO_TIME) wait(at);
  return arrival;
}

void CsX::receive(int lane, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  std::optional<Block> block = proto::take(transaction);
  if (!block) return;
  Arrival arrival{block->tag, std::move(block->payload), proto::absolute_ps(delay), std::move(block->cause)};
  switch (arrival.tag.kind) {
    case BlockKind::step_begin:
      step_begins_.push_back(std::move(arrival));
      break;
    case BlockKind::weights:
      weights_[static_cast<std::size_t>(lane)].push_back(std::move(arrival));
      break;
    default:
      throw SimulationError(fmt::format("system {} cannot take {}", system_, proto::describe(arrival.tag)));
  }
  arrived_.notify(sc_core::SC_ZERO_TIME);
}

void CsX::receive_samples(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  std::optional<Block> block = proto::take(transaction);
  if (!block) return;
  samples_.push_back({block->tag, std::move(block->payload), proto::absolute_ps(delay), std::move(block->cause)});
  arrived_.notify(sc_core::SC_ZERO_TIME);
}

proto::Cause CsX::leaving(const proto::Cause& cause, RunCycle cycle, proto::Limiter limiter) const {
  return cause.then(limiter, work_, from_edge(cycle));
}

void CsX::send_up(const BlockTag& tag, Block::Payload payload, Picosecond ready, proto::Cause cause) {
  const auto lane = static_cast<std::size_t>(tag.lane);
  Block block{tag, std::move(payload), std::move(cause)};
  // A credit is a small control frame: it takes the cable's latency and no link time.
  Picosecond at = ready + plan_.machine->swarmx.link_latency_ps;
  if (block.bytes() > 0)
    at = up_[lane].send(ready, tag, block.bytes(), block.cause);
  else
    block.cause = std::move(block.cause).then(proto::Limiter::ethernet_up, work_, at);
  proto::send(ethernet_out[lane], block, at);
}

std::vector<proto::LimitingLink> CsX::link_records() const {
  std::vector<proto::LimitingLink> records;
  for (const proto::LinkPort& port : up_) records.push_back(port.record());
  return records;
}

}  // namespace weft::hw
