#pragma once
// Reading report.json.
#include <filesystem>
#include <nlohmann/json.hpp>

namespace weft::sw {

/// The report as it stands in the file; its `schema` is report_schema or the one before, the rest is not checked.
/// Throws UsageError: a file that is missing, not JSON, not a report, or of another schema version.
nlohmann::ordered_json load_report(const std::filesystem::path& path);

/// How the run of a report ended: "completed", "stopped: ...", "failed: ..."; empty: the report does not say it.
std::string ended_of(const nlohmann::ordered_json& report);

}  // namespace weft::sw
