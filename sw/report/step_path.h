#pragma once
// Critical paths with the wafer's part shared out to what holds its launches up.
#include <string>
#include <vector>

#include "sw/report/run_report.h"

namespace weft::sw {

struct PathRow {
  proto::Limiter limiter = proto::Limiter::wafer;
  proto::WorkOf work;
  std::string kernel;  ///< empty: of no launch
  RunCycle first;
  Cycle cycles = 0;
};

/// The segments of a step, in the order of time; a launch's wafer cycles in the shares of its closed form, and what is
/// more than it to what can be it (LimiterCycles::say_rest). They add up as the path does.
std::vector<PathRow> path_rows(const RunReport& report, const proto::StepPath& path);

/// What held a launch up, one part of the wafer where it was the wafer.
proto::Limiter launch_limiter(const RunReport& report, const proto::CausedLaunch& launch);

/// What the limiters of one resource are called together: all of the wafer's are the wafer.
proto::Limiter resource_of(proto::Limiter limiter);

}  // namespace weft::sw
