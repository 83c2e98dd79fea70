#include "sw/report/step_path.h"

#include <algorithm>

namespace weft::sw {

using proto::Limiter;
using proto::LimiterCycles;

namespace {

const LimiterCycles* inside(const RunReport& report, bool train, int launch) {
  const std::vector<LimiterCycles>& launches = train ? report.inside_train : report.inside_eval;
  const auto at = static_cast<std::size_t>(launch);
  return launch >= 0 && at < launches.size() ? &launches[at] : nullptr;
}

bool trains(const RunReport& report, int stage) {
  const auto step = std::find_if(report.steps.begin(), report.steps.end(),
                                 [stage](const StepRecord& one) { return one.stage == stage; });
  return step == report.steps.end() || step->train;
}

std::string kernel_of(const RunReport& report, const proto::WorkOf& work) {
  for (const proto::CausedLaunch& launch : report.launches)
    if (launch.launch == work.launch && trains(report, launch.stage) == work.train) return launch.kernel;
  return "";
}

}  // namespace

std::vector<PathRow> path_rows(const RunReport& report, const proto::StepPath& path) {
  std::vector<PathRow> rows;
  for (const proto::PathSegment& segment : path.segments) {
    PathRow row{segment.limiter, segment.work, kernel_of(report, segment.work), segment.first, segment.cycles};
    const LimiterCycles* parts = inside(report, segment.work.train, segment.work.launch);
    if (segment.limiter != Limiter::wafer || !parts || parts->total() == 0) {
      rows.push_back(std::move(row));
      continue;
    }
    LimiterCycles all;
    all.add(*parts, report.micro_batches);
    const LimiterCycles shares = all.shared_out(segment.cycles);
    for (int which = 0; which < proto::limiters; ++which) {
      row.limiter = static_cast<Limiter>(which);
      row.cycles = shares.of(row.limiter);
      if (row.cycles > 0) rows.push_back(row);
    }
  }
  return rows;
}

Limiter launch_limiter(const RunReport& report, const proto::CausedLaunch& launch) {
  if (launch.limiter != Limiter::wafer) return launch.limiter;
  const LimiterCycles* parts = inside(report, trains(report, launch.stage), launch.launch);
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
