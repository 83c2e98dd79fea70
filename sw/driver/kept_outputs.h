#pragma once
// What earlier starts left in a run's folder.
#include <cstdint>
#include <filesystem>
#include <optional>

namespace weft::sw {

/// True if `name` is a file that a run writes: run.json, run.log, report and summary, checkpoints, vocabulary.
bool is_output(const std::filesystem::path& name);

/// True if `folder` holds a run's output; a plan, or what others put there, is none.
bool holds_run(const std::filesystem::path& folder);

/// Before a run goes on in the folder of an earlier one: report.json and summary.txt, if they are there, become
/// report_to_<N>.json and summary_to_<N>.txt, where N is the last training step in that report; of an evaluation
/// report_eval_<N>.json. A name that is taken gets a number behind it: nothing is replaced.
/// Throws UsageError if a file cannot be renamed.
void keep_report(const std::filesystem::path& folder);

/// The report_to_<N>.json in `folder` that has this training step; none: it is in none of them.
std::optional<std::filesystem::path> kept_report(const std::filesystem::path& folder, std::int64_t step);

/// Moves every output into a new folder overwritten_<n> beside them. Throws UsageError if a file cannot be moved.
void set_aside(const std::filesystem::path& folder);

}  // namespace weft::sw
