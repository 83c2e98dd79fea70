#include "sw/report/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "hw/spec/kernel_table.h"
#include "tlm/base/clock_crossing.h"
#include "tlm/base/error.h"

namespace weft::sw {

using proto::CausedLaunch;

void check_conservation(const RunReport& report) {
  const auto sum = [](const proto::ClassCycles& classes) {
    return std::accumulate(classes.begin(), classes.end(), std::int64_t{0});
  };
  for (const CausedLaunch& launch : report.launches)
    if (sum(launch.classes) != report.pes * (launch.end - launch.start))
      throw SimulationError(fmt::format(
          "the time classes of {} of layer {} in step {} add up to {} PE-cycles, there were {}", launch.kernel,
          launch.layer, launch.step, sum(launch.classes), report.pes * (launch.end - launch.start)));
  if (sum(report.classes) != report.pes * report.cycles)
    throw SimulationError(fmt::format("the time classes of the run add up to {} PE-cycles, there were {}",
                                      sum(report.classes), report.pes * report.cycles));
}

Cycle turn_bubble(const std::vector<CausedLaunch>& step, RunCycle end_before) {
  if (step.empty()) return 0;
  Cycle bubble = step.front().start - end_before;
  for (const CausedLaunch& launch : step) {
    bubble += launch.stream_wait;
    if (hw::streams_weights(launch.kernel)) break;
  }
  return bubble;
}

void place_steps(RunReport& report) {
  std::vector<CausedLaunch> of_step;
  auto launch = report.launches.begin();
  RunCycle end_before;
  for (StepRecord& step : report.steps) {
    of_step.clear();
    step.idle = {};
    RunCycle free = end_before;
    for (; launch != report.launches.end() && launch->stage == step.stage && launch->step == step.step; ++launch) {
      of_step.push_back(*launch);
      step.idle.between += launch->start - free;
      free = launch->end;
      (hw::loads_samples(launch->kernel) ? step.idle.samples : step.idle.weights) += launch->wait - launch->wait_update;
      step.idle.update += launch->wait_update;
    }
    if (of_step.empty()) continue;
    step.start = of_step.front().start;
    step.end = of_step.back().end;
    step.period = step.end - end_before;
    step.bubble = turn_bubble(of_step, end_before);
    end_before = step.end;
  }
}

Cycle wafer_work(const RunReport& report) {
  std::int64_t trained = 0;
  for (const StepRecord& step : report.steps) trained += step.train ? 1 : 0;
  Cycle work = 0, sweep = std::numeric_limits<Cycle>::max();
  RunCycle free;
  std::int64_t launches = 0, steps = 0;
  auto launch = report.launches.begin();
  for (const StepRecord& step : report.steps) {
    const bool counts = step.train && (trained == 1 || steps++ > 0);
    for (; launch != report.launches.end() && launch->stage == step.stage && launch->step == step.step; ++launch) {
      sweep = std::min(sweep, launch->start - free);
      free = launch->end;
      if (!counts) continue;
      work += launch->end - launch->start - launch->wait;
      ++launches;
    }
  }
  const std::int64_t counted = trained == 1 ? 1 : trained - 1;
  return trained > 0 ? (work + launches * sweep) / counted : 0;
}

void check_paths(const RunReport& report) {
  std::map<std::pair<int, std::int64_t>, Cycle> periods;
  for (const StepRecord& step : report.steps) periods.emplace(std::pair(step.stage, step.step), step.period);
  for (const proto::StepPath& path : report.paths) {
    const auto period = periods.find({path.stage, path.step});
    const Cycle sum =
        std::accumulate(path.segments.begin(), path.segments.end(), Cycle{0},
                        [](Cycle all, const proto::PathSegment& segment) { return all + segment.cycles; });
    if (period != periods.end() && sum != period->second)
      throw SimulationError(fmt::format("the critical path of step {} of stage {} adds up to {} of {} cycles",
                                        path.step, path.stage, sum, period->second));
  }
}

Picosecond RunReport::end_ps() const {
  Picosecond end = to_ps(Clock{clock_mhz}, cycles);
  for (const proto::LimitingLink& link : links) end = std::max(end, link.end);
  return end;
}

double RunReport::seconds() const { return static_cast<double>(cycles) / (static_cast<double>(clock_mhz) * 1e6); }

double RunReport::samples_per_second() const {
  std::int64_t samples = 0;
  for (const StepRecord& step : steps) samples += step.samples;
  return cycles > 0 ? static_cast<double>(samples) / seconds() : 0;
}

double RunReport::pe_compute_share() const {
  const double all = static_cast<double>(pes) * static_cast<double>(cycles);
  return all > 0 ? static_cast<double>(classes[static_cast<std::size_t>(proto::TimeClass::compute)]) / all : 0;
}

}  // namespace weft::sw
