#include "sw/driver/kept_outputs.h"

#include <fmt/format.h>

#include <cinttypes>
#include <cstdio>
#include <map>
#include <vector>

#include "sw/driver/run_text.h"
#include "sw/report/report_file.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

namespace fs = std::filesystem;

void move_to(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    throw UsageError(fmt::format("{}: cannot be renamed to {}: {}", from.string(), to.string(), error.message()));
}

/// "to_30" or "eval_30", as the report itself says; "before" if it says nothing (it is damaged).
std::string label_of(const fs::path& report) {
  try {
    const nlohmann::ordered_json json = load_report(report);
    std::int64_t step = 0;
    bool trained = false;
    for (const auto& record : json.at("steps")) {
      step = record.at("global_step").get<std::int64_t>();
      trained |= record.at("train").get<bool>();
    }
    return fmt::format("{}_{}", trained || step == 0 ? "to" : "eval", step);
  } catch (const UsageError&) {
    return "before";
  } catch (const nlohmann::json::exception&) {
    return "before";
  }
}

std::vector<fs::path> outputs_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (is_output(entry.path().filename()) && !entry.is_directory(error)) found.push_back(entry.path());
  return found;
}

/// N of report_to_<N>.json.
std::optional<std::int64_t> last_step_of(const fs::path& report) {
  std::int64_t step = 0;
  int used = 0;
  const std::string name = report.filename().string();
  if (std::sscanf(name.c_str(), "report_to_%" SCNd64 ".json%n", &step, &used) != 1) return {};
  return used == static_cast<int>(name.size()) ? std::optional(step) : std::nullopt;
}

}  // namespace

bool is_output(const fs::path& name) {
  const std::string stem = name.stem().string(), extension = name.extension().string();
  if (name == "run.json" || name == "run.log" || name == "report.json" || name == "summary.txt" ||
      name == "explain.txt" || name == vocabulary_file)
    return true;
  const auto begins = [&stem](const char* start) { return stem.rfind(start, 0) == 0; };
  if (extension == ".json") return begins("report_to_") || begins("report_eval_") || begins("report_before");
  if (extension == ".txt") return begins("summary_to_") || begins("summary_eval_") || begins("summary_before");
  return extension == ".mdl" && begins("checkpoint_");
}

bool holds_run(const fs::path& folder) { return !outputs_in(folder).empty(); }

void keep_report(const fs::path& folder) {
  const fs::path report = folder / "report.json", summary = folder / "summary.txt";
  std::error_code error;
  const bool has_report = fs::exists(report, error), has_summary = fs::exists(summary, error);
  if (!has_report && !has_summary) return;
  const std::string label = has_report ? label_of(report) : "before";
  std::string name = label;
  const auto names = [&] {
    return std::pair(folder / fmt::format("report_{}.json", name), folder / fmt::format("summary_{}.txt", name));
  };
  for (int again = 2; fs::exists(names().first, error) || fs::exists(names().second, error); ++again)
    name = fmt::format("{}_{}", label, again);
  if (has_report) move_to(report, names().first);
  if (has_summary) move_to(summary, names().second);
}

std::optional<fs::path> kept_report(const fs::path& folder, std::int64_t step) {
  std::map<std::int64_t, fs::path> reports;
  for (const fs::path& output : outputs_in(folder))
    if (const auto last = last_step_of(output)) reports.emplace(*last, output);
  const auto found = reports.lower_bound(step);  // each begins where the one before it ends
  return step < 1 || found == reports.end() ? std::nullopt : std::optional(found->second);
}

void set_aside(const fs::path& folder) {
  const std::vector<fs::path> outputs = outputs_in(folder);
  if (outputs.empty()) return;
  std::error_code error;
  fs::path aside;
  int number = 0;
  do aside = folder / fmt::format("overwritten_{}", ++number);
  while (!fs::create_directory(aside, error) && !error);
  if (error) throw UsageError(fmt::format("{}: cannot be made: {}", aside.string(), error.message()));
  for (const fs::path& output : outputs) move_to(output, aside / output.filename());
}

}  // namespace weft::sw
