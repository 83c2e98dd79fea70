#pragma once
// Critical paths with the wafer's part shared out to what holds its launches up.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sw/report/run_report.h"

namespace weft::sw {

struct PathRow {
  proto::Limiter limiter = proto::Limiter::wafer;
  proto::WorkOf work;
  std::string kernel, pass;  ///< empty: of no launch
  RunCycle first;
  Cycle cycles = 0;
};

/// Looks up what a report's segments and launches are of; made once a report, whose steps and segments are many.
class PathReader {
 public:
  /// `report` outlives it.
  explicit PathReader(const RunReport& report);

  /// The segments of a step, in the order of time; a launch's wafer cycles in the shares of its closed form, and what
  /// is more than it to what can be it (LimiterCycles::say_rest). They add up as the path does.
  std::vector<PathRow> rows(const proto::StepPath& path) const;
  /// What held a launch up, one part of the wafer where it was the wafer.
  proto::Limiter limiter(const proto::CausedLaunch& launch) const;

 private:
  bool trains(int stage) const;
  const proto::LimiterCycles* inside(bool train, int launch) const;

  const RunReport& report_;
  std::map<int, bool> trains_;  ///< by stage
  struct Named {
    std::string kernel, pass;
  };
  std::map<std::pair<bool, int>, Named> launches_;  ///< by train, launch
};

/// What the limiters of one resource are called together: all of the wafer's are the wafer.
proto::Limiter resource_of(proto::Limiter limiter);

}  // namespace weft::sw
