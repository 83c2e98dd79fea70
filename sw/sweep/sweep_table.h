#pragma once
// What the points of a sweep gave, beside each other.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sw/sweep/sweep_file.h"
#include "sw/sweep/sweep_folder.h"

namespace weft::sw {

/// Numbers are those of the point's report.json; none where the report says none or the point is not done.
struct SweepRow {
  const SweepPoint* point = nullptr;
  PointState state = PointState::missing;
  std::optional<double> step_cycles;   ///< of the steady state
  std::optional<double> step_seconds;  ///< of the machine
  std::optional<double> rate;          ///< samples a second
  std::optional<double> speed_up;      ///< samples a second over those of the first point that is done
  std::optional<double> mfu;           ///< 0 to 1
  std::string verdict;                 ///< what binds the step
  std::string plan;                    ///< rectangle, lanes, tokens, micro-batches
  std::string error;                   ///< of a failed one
};

struct SweepTable {
  std::string title;
  std::vector<std::string> axes;
  SweepPicture picture = SweepPicture::tornado;
  std::vector<SweepRow> rows;  ///< one a point, in order

  bool complete() const;
  std::string text() const;  ///< for a terminal; the points that are missing or failed at its end
  std::string csv() const;   ///< RFC 4180
  nlohmann::ordered_json json() const;
};

/// Reads the reports of the points that are done. `sweep` must outlive the table. Throws UsageError for a damaged one.
SweepTable collect(const Sweep& sweep, const SweepFolder& folder);

}  // namespace weft::sw
