#include "sw/report/report_file.h"

#include <fmt/format.h>

#include <fstream>

#include "sw/report/run_report.h"
#include "tlm/base/error.h"

namespace weft::sw {

nlohmann::ordered_json load_report(const std::filesystem::path& path) {
  using Json = nlohmann::ordered_json;
  std::ifstream stream(path);
  if (!stream || std::filesystem::is_directory(path))
    throw UsageError(fmt::format("{}: cannot be opened", path.string()));
  Json json = Json::parse(stream, nullptr, false);
  if (json.is_discarded()) throw UsageError(fmt::format("{}: is not JSON (truncated or damaged)", path.string()));
  if (!json.is_object() || !json.contains("schema"))
    throw UsageError(fmt::format("{}: is not a report of weft", path.string()));
  if (json["schema"] != report_schema && json["schema"] != report_schema_before)
    throw UsageError(fmt::format("{}: schema {}; this program reads {} and {}, a program of the report's time reads it",
                                 path.string(), json["schema"].dump(), report_schema, report_schema_before));
  return json;
}

}  // namespace weft::sw
