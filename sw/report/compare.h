#pragma once
// Two reports side by side: which launch, link class or total became slower.
#include <filesystem>
#include <string>

namespace weft::sw {

struct Comparison {
  std::string text;          ///< old, new, delta, percent; largest change first; 80 columns
  double worst_percent = 0;  ///< largest slow-down of a launch's mean cycles or of the total
};

/// Throws UsageError: a file that is missing, not JSON, not a report, or of another schema version.
Comparison compare_reports(const std::filesystem::path& before, const std::filesystem::path& after);

}  // namespace weft::sw
