#include "hw/csx/system_books.h"

#include <fmt/format.h>

#include <algorithm>

#include "tlm/base/checked.h"
#include "tlm/block/work_of.h"

namespace weft::hw {

using proto::Limiter;

SystemBooks::SystemBooks(int system, const Job& job, const MachineSpec& machine, Cycle gap, proto::Recorder& recorder)
    : system_(system),
      machine_(machine),
      pes_(static_cast<std::int64_t>(machine.fabric.user_width) * machine.fabric.user_height),
      clock_(machine),
      gap_(gap),
      recorder_(recorder),
      phase_track_(recorder.track(fmt::format("cluster.system{}.phase", system), "phases", proto::TrackValues::names)),
      step_track_(recorder.track(fmt::format("cluster.system{}.step", system), "phases", proto::TrackValues::numbers)),
      start_track_(recorder.track(fmt::format("cluster.system{}.phase_start_cycle", system), "phases",
                                  proto::TrackValues::numbers)),
      trace_source_(recorder.source()),
      global_step_(job.first_step) {}

void SystemBooks::open_step(const ArrivedBlock& begin) {
  const RunCycle before = free_;
  begun_ = {before, begun_[0], begun_[1]};
  if (const RunCycle opens = clock_.to_edge(begin.at); opens > free_) {
    free_ = opens;
    progress_.cause = begin.cause.then(Limiter::ethernet_down, proto::work_of(begin.tag), clock_.ps_of(opens));
  }
  checked_mul(free_.since(), pes_, "the time of all PEs", "PE-cycles");
  totals_[static_cast<std::size_t>(proto::TimeClass::between)] += (free_ - before) * pes_;
  step_open_ = free_;
  // What the links carry from now on is told from now on; what the wafer does, after it has done what was before.
  recorder_.settled(trace_source_, std::min(clock_.ps_of(free_), proto::absolute_ps(sc_core::SC_ZERO_TIME)));
}

Picosecond SystemBooks::close_step(const proto::BlockTag& tag) {
  const RunCycle before = begun_[0];
  const Picosecond end = clock_.ps_of(free_);
  recorder_.span(step_track_, clock_.ps_of(step_open_), end,
                 static_cast<std::uint64_t>(tag.train ? global_step_ : tag.step) + 1);
  if (tag.train) ++global_step_;
  // System 0 looks back a step, and its path may lead through others: they keep more than it can ask for.
  if (system_ != 0) {
    progress_.cause.forget_before(clock_.ps_of(begun_[2]));
    return end;
  }
  // Seen from a step later, a step is on what the steps to come depend on; its own end may depend on something else.
  if (!paths_.empty()) {
    proto::StepPath& last = paths_.back();
    last.segments = proto::path_of(progress_.cause, last.begin, last.end, machine_.clock).segments;
  }
  paths_.push_back(proto::path_of(progress_.cause, before, free_, machine_.clock));
  paths_.back().stage = tag.stage;
  paths_.back().step = tag.step;
  // This step is looked at once more, from the end of the next; and an update of it may still be under way.
  progress_.cause.forget_before(clock_.ps_of(before));
  return end;
}

proto::CausedLaunch SystemBooks::open_launch(const proto::BlockTag& tag, const Launch& launch, Cycle predicted) {
  proto::CausedLaunch record;
  record.system = system_;
  record.stage = tag.stage;
  record.step = tag.step;
  record.global_step = global_step_;
  record.micro_batch = tag.micro_batch;
  record.launch = tag.launch;
  record.layer = launch.layer;
  record.kernel = kernel_name(launch.kind);
  record.pass = role_name(role_of(launch));
  record.predicted = predicted;
  record.start = free_ + gap_;
  work_ = {static_cast<std::int16_t>(launch.layer), static_cast<std::int16_t>(tag.launch), tag.train};
  progress_.cause = std::move(progress_.cause).then(Limiter::launch_sweep, work_, clock_.ps_of(record.start));
  progress_.at = record.start;
  return record;
}

void SystemBooks::take(const ArrivedBlock& arrival, RunCycle words, RunCycle done, proto::CausedLaunch& record) {
  if (words > progress_.at) {
    record.wait += words - progress_.at;
    progress_.cause = arrival.cause.then(
        arrival.tag.kind == proto::BlockKind::samples ? Limiter::sample_link : Limiter::ethernet_down, work_,
        clock_.ps_of(words));
    // What came before the newest update on the way here was waiting for the version.
    Picosecond updated = 0;
    const Picosecond from = clock_.ps_of(progress_.at);
    progress_.cause.walk(from, [&](Limiter limiter, const proto::WorkOf&, Picosecond, Picosecond end) {
      if (limiter == Limiter::memoryx_update) updated = std::max(updated, end);
    });
    if (updated > from) record.wait_update += clock_.cycle_at(updated) - progress_.at;
    progress_.at = words;
  }
  if (done <= progress_.at) return;
  progress_.cause = std::move(progress_.cause).then(Limiter::wafer, work_, clock_.ps_of(done));
  progress_.at = done;
}

proto::Cause SystemBooks::leaving(RunCycle cycle, Limiter link, Cycle lane_sum) const {
  return progress_.cause.then(Limiter::wafer, work_, clock_.ps_of(cycle - lane_sum))
      .then(Limiter::lane_copies, work_, clock_.ps_of(cycle))
      .then(link, work_, clock_.from_edge(cycle));
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

void SystemBooks::book(proto::CausedLaunch& record, KernelKind kind, LaunchTimes times) {
  // The classes of a run add up to this; so none of them, nor a sum of some, is larger.
  checked_mul((record.start + times.end.since()).since(), pes_, "the time of all PEs", "PE-cycles");
  record.bound_by = times.bound_by();
  const std::int64_t mapped = times.mapped;
  times.close(pes_);
  record.end = record.start + times.end.since();
  record.classes = times.classes;
  record.waits = split_waits(record, kind, mapped);
  progress_.cause = std::move(progress_.cause).then(Limiter::wafer, work_, clock_.ps_of(record.end));
  record.limiter = proto::most_of(progress_.cause, clock_.ps_of(record.start), Limiter::wafer);
  record.macs = times.macs;
  record.fabric_wavelet_hops = times.wavelet_hops;
  for (std::size_t which = 0; which < totals_.size(); ++which) totals_[which] += times.classes[which];
  totals_[static_cast<std::size_t>(proto::TimeClass::between)] += (record.start - free_) * pes_;
  free_ = record.end;
  if (phase_track_ >= 0 || start_track_ >= 0) {
    const Picosecond start = clock_.ps_of(record.start), end = clock_.ps_of(record.end);
    recorder_.span(phase_track_, start, end, recorder_.name(recorder_.layer(record.layer) + '.' + record.kernel));
    recorder_.span(start_track_, start, end, static_cast<std::uint64_t>(record.start.since()));
  }
  launches_.push_back(std::move(record));
}

}  // namespace weft::hw
