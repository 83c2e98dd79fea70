#include "sw/report/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "sw/report/step_path.h"
#include "sw/report/step_words.h"

namespace weft::sw {

using proto::Limiter;

namespace {

using ByLimiter = std::array<double, proto::limiters>;

/// Most cycles of the wafer's in the steady paths, and of which launch.
struct InWafer {
  Limiter limiter = Limiter::wafer;
  std::string launch;
  double cycles = 0;
};

std::string launch_name(const RunReport& report, const PathRow& row) {
  if (row.work.layer < 0) return "";
  return fmt::format("{} {}", report.layers[static_cast<std::size_t>(row.work.layer)],
                     launch_words(row.kernel, row.pass));
}

VerdictPart largest(const ByLimiter& cycles, double step, Limiter but) {
  VerdictPart part{but, 0, 0};
  for (int which = 0; which < proto::limiters; ++which) {
    const auto limiter = static_cast<Limiter>(which);
    if (limiter == but || cycles[static_cast<std::size_t>(which)] <= part.cycles) continue;
    part = {limiter, cycles[static_cast<std::size_t>(which)], 0};
  }
  part.share = step > 0 ? part.cycles / step : 0;
  return part;
}

}  // namespace

Verdict verdict_of(const RunReport& report, const SteadyState& steady) {
  ByLimiter on_path{}, at_work{};
  std::map<std::pair<Limiter, std::string>, double> in_wafer;
  std::map<std::pair<int, std::int64_t>, bool> counted;
  // The last step is seen from its own end, the others from the end of the one behind.
  std::int64_t left = steady.steps, steps = 0;
  double period = 0;
  for (const StepRecord& step : report.steps) {
    if (!steady.counts(step) || (--left == 0 && steps > 0)) continue;
    counted[{step.stage, step.step}] = true;
    period += static_cast<double>(step.period);
    ++steps;
  }
  const double scale = steps > 0 && period > 0 && !steady.extrapolated ? steady.step_cycles / period : 1;
  const PathReader paths(report);
  for (const proto::StepPath& path : report.paths) {
    if (!counted[{path.stage, path.step}]) continue;
    for (const PathRow& row : paths.rows(path)) {
      const double cycles = static_cast<double>(row.cycles) * scale;
      const Limiter resource = resource_of(row.limiter);
      on_path[static_cast<std::size_t>(resource)] += cycles;
      if (resource == Limiter::wafer) in_wafer[{row.limiter, launch_name(report, row)}] += cycles;
    }
  }
  if (steady.train)
    for (const StepWorkload& work : report.works.all) {
      double& most = at_work[static_cast<std::size_t>(resource_of(work.limiter))];
      most = std::max(most, static_cast<double>(work.measured));
    }
  Verdict verdict;
  const Limiter none = Limiter::queues;  // is no resource
  verdict.binds = largest(steady.extrapolated && steady.train ? at_work : on_path, steady.step_cycles, none);
  ByLimiter either{};
  for (std::size_t which = 0; which < either.size(); ++which) {
    either[which] = std::max(steady.extrapolated ? 0 : on_path[which], at_work[which]);
    if (static_cast<Limiter>(which) == verdict.binds.limiter) either[which] = 0;
  }
  verdict.next = largest(either, steady.step_cycles, verdict.binds.limiter);
  std::string detail;
  if (verdict.binds.limiter == Limiter::wafer && !in_wafer.empty()) {
    const auto most = std::max_element(in_wafer.begin(), in_wafer.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    detail = fmt::format(", most by {} of {}", proto::words_of(most->first.first), most->first.second);
  }
  verdict.text = fmt::format("step {} cycles{}: bound by {} ({:.0f} %{})", grouped(steady.step_cycles),
                             steady.extrapolated ? " (extrapolated)" : "", proto::words_of(verdict.binds.limiter),
                             100 * verdict.binds.share, detail);
  if (verdict.next.cycles > 0)
    verdict.text += fmt::format("; next: {}, {} ({:.0f} %)", proto::words_of(verdict.next.limiter),
                                short_count(verdict.next.cycles), 100 * verdict.next.share);
  return verdict;
}

}  // namespace weft::sw
