#include "sw/report/clip_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace weft::sw {
namespace {

std::ptrdiff_t count(const ClipReport& clips, bool (*which)(const proto::ClipRecord&)) {
  return std::count_if(clips.steps.begin(), clips.steps.end(), which);
}

bool clipped(const proto::ClipRecord& step) { return std::isfinite(step.norm) && step.factor != 1.0F; }
bool repaired(const proto::ClipRecord& step) { return step.repaired; }

}  // namespace

nlohmann::ordered_json clip_json(const ClipReport& clips) {
  auto rows = nlohmann::ordered_json::array();
  for (const proto::ClipRecord& step : clips.steps)
    rows.push_back(
        {step.train_step, step.norm, step.factor, step.repaired, step.gradients_at, step.known_at, step.updated_at});
  return {{"max_gradient_norm", clips.max_norm},
          {"clip_timing", clips.speculative ? "speculative" : "waiting"},
          {"clipped_steps", count(clips, clipped)},
          {"repaired_steps", count(clips, repaired)},
          {"columns", {"train_step", "norm", "factor", "repaired", "gradients_at_ps", "known_at_ps", "updated_at_ps"}},
          {"rows", std::move(rows)}};
}

std::string clip_text(const ClipReport& clips) {
  if (clips.steps.empty()) return "";
  double longest = 0, sum = 0, norm = 0;
  for (const proto::ClipRecord& step : clips.steps) {
    const double us = static_cast<double>(step.updated_at - step.gradients_at) * 1e-6;
    longest = std::max(longest, us);
    sum += us;
    norm = std::max(norm, step.norm);
  }
  return fmt::format(
      "clipping to norm {:<4g} {} of {} steps clipped, {} updated twice; largest norm {:.4g}\n"
      "                     last update {:.2f} us after the last gradient, longest {:.2f}\n",
      clips.max_norm, count(clips, clipped), clips.steps.size(), count(clips, repaired), norm,
      sum / static_cast<double>(clips.steps.size()), longest);
}

}  // namespace weft::sw
