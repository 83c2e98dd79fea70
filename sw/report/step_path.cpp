#include "sw/report/step_path.h"

namespace weft::sw {

using proto::Limiter;
using proto::LimiterCycles;

PathReader::PathReader(const RunReport& report) : report_(report) {
  for (const StepRecord& step : report.steps) trains_.emplace(step.stage, step.train);
  for (const proto::CausedLaunch& launch : report.launches)
    launches_.try_emplace(std::pair(trains(launch.stage), launch.launch), Named{launch.kernel, launch.pass});
}

bool PathReader::trains(int stage) const {
  const auto known = trains_.find(stage);
  return known == trains_.end() || known->second;
}

const LimiterCycles* PathReader::inside(bool train, int launch) const {
  const std::vector<LimiterCycles>& launches = train ? report_.inside.train : report_.inside.eval;
  const auto at = static_cast<std::size_t>(launch);
  return launch >= 0 && at < launches.size() ? &launches[at] : nullptr;
}

std::vector<PathRow> PathReader::rows(const proto::StepPath& path) const {
  std::vector<PathRow> rows;
  for (const proto::PathSegment& segment : path.segments) {
    const auto launch = launches_.find({segment.work.train, segment.work.launch});
    const Named named = launch == launches_.end() ? Named() : launch->second;
    PathRow row{segment.limiter, segment.work, named.kernel, named.pass, segment.first, segment.cycles};
    const LimiterCycles* parts = inside(segment.work.train, segment.work.launch);
    if (segment.limiter != Limiter::wafer || !parts || parts->total() == 0) {
      rows.push_back(std::move(row));
      continue;
    }
    LimiterCycles all;
    all.add(*parts, report_.micro_batches);
    const LimiterCycles shares = all.shared_out(segment.cycles);
    for (int which = 0; which < proto::limiters; ++which) {
      row.limiter = static_cast<Limiter>(which);
      row.cycles = shares.of(row.limiter);
      if (row.cycles > 0) rows.push_back(row);
    }
  }
  return rows;
}

Limiter PathReader::limiter(const proto::CausedLaunch& launch) const {
  if (launch.limiter != Limiter::wafer) return launch.limiter;
  const LimiterCycles* parts = inside(trains(launch.stage), launch.launch);
  if (!parts || parts->total() == 0) return Limiter::wafer;
  const LimiterCycles shares = parts->shared_out(launch.end - launch.start - launch.wait);
  Limiter most = Limiter::wafer;
  for (int which = 0; which < proto::limiters; ++which)
    if (shares.of(static_cast<Limiter>(which)) > shares.of(most)) most = static_cast<Limiter>(which);
  return most;
}

Limiter resource_of(Limiter limiter) {
  switch (limiter) {
    case Limiter::pe_arithmetic:
    case Limiter::pe_issue:
    case Limiter::pe_sum:
    case Limiter::fabric_link:
    case Limiter::queues:
    case Limiter::edge_in:
    case Limiter::edge_out:
    case Limiter::lane_copies:
    case Limiter::launch_sweep:
      return Limiter::wafer;
    case Limiter::memoryx_transpose:
      return Limiter::memoryx_reader;
    case Limiter::memoryx_sum:
      return Limiter::memoryx_update;
    default:
      return limiter;
  }
}

}  // namespace weft::sw
