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
  const std::string schema = json["schema"].is_string() ? json["schema"].get<std::string>() : json["schema"].dump();
  if (!report_schema.reads(schema))
    throw UsageError(fmt::format("{}: {}", path.string(), report_schema.refusal(schema)));
  return json;
}

std::string ended_of(const nlohmann::ordered_json& report) {
  const auto host = report.find("host");
  if (host == report.end() || !host->is_object()) return {};
  const auto ended = host->find("ended");
  return ended == host->end() || !ended->is_string() ? "" : ended->get<std::string>();
}

}  // namespace weft::sw
