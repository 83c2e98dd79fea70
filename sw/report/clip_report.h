#pragma once
// What clipping by the norm did and what it cost, in report.json and in the summary.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tlm/stats/clip_record.h"

namespace weft::sw {

struct ClipReport {
  double max_norm = 0;
  bool speculative = false;
  std::vector<proto::ClipRecord> steps;  ///< training steps, in order
};

/// {max_gradient_norm, clip_timing, clipped_steps, repaired_steps, a table with a row for each training step}.
nlohmann::ordered_json clip_json(const ClipReport& clips);

/// Two lines of the summary: how many steps were clipped, and how long updates waited for the norm and its
/// consequences.
std::string clip_text(const ClipReport& clips);

}  // namespace weft::sw
