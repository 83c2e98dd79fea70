#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace weft::sw {

/// The folder of one run: `model_dir` itself if given, else runs/<model>/<date_time>.
/// Created if it is not there. Throws UsageError (path and reason) if that fails.
std::filesystem::path make_run_folder(const std::filesystem::path& model_dir, const std::string& model);

/// Points the link `latest` beside the folder to it: for a run that has begun, not for one that was refused.
void mark_latest(const std::filesystem::path& folder);

/// Before a run goes on at `step` in the folder of an earlier one: report.json and summary.txt, if they are there,
/// become report_to_<step>.json and summary_to_<step>.txt.
void keep_results_before(const std::filesystem::path& folder, std::int64_t step);

/// Writes a text file as a whole: temporary name, then renamed. Throws UsageError if it cannot be written.
void write_whole(const std::filesystem::path& path, const std::string& text);

}  // namespace weft::sw
