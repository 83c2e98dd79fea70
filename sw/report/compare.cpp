#include "sw/report/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "sw/report/report_file.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

using Json = nlohmann::ordered_json;

struct Metric {
  double sum = 0;
  std::int64_t count = 0;
  bool timed = true;  ///< counts towards the tolerance
  double mean() const { return count ? sum / static_cast<double>(count) : 0; }
};

std::map<std::string, Metric> metrics_of(const Json& report, const std::filesystem::path& path) {
  std::map<std::string, Metric> metrics;
  const auto add = [&metrics](const std::string& name, double value, bool timed) {
    Metric& metric = metrics[name];
    metric.sum += value;
    ++metric.count;
    metric.timed = timed;
  };
  try {
    std::map<std::string, std::size_t> column;
    const Json& columns = report.at("launches").at("columns");
    for (std::size_t index = 0; index < columns.size(); ++index) column[columns[index].get<std::string>()] = index;
    const Json& layers = report.at("run").at("layers");
    for (const Json& row : report.at("launches").at("rows")) {
      const std::string name = fmt::format("{} {} (stage {})", row[column.at("kernel")].get<std::string>(),
                                           layers.at(row[column.at("layer")].get<std::size_t>()).get<std::string>(),
                                           row[column.at("stage")].get<int>());
      add(name, row[column.at("end")].get<double>() - row[column.at("start")].get<double>(), true);
    }
    std::map<std::string, double> bytes;
    for (const Json& link : report.at("links"))
      bytes[link.at("class").get<std::string>()] += link.at("bytes").get<double>();
    for (const auto& [name, value] : bytes) add("bytes " + name, value, false);
    for (const auto& [name, value] : report.at("time_classes").items())
      add("PE-cycles " + name, value.get<double>(), false);
    for (const Json& step : report.at("steps")) {
      if (!step.at("train").get<bool>()) continue;
      add("step", step.at("end").get<double>() - step.at("start").get<double>(), true);
      add("bubble", step.at("bubble").get<double>(), false);
    }
    add("total cycles", report.at("run").at("cycles").get<double>(), true);
    const bool has_loss = !report.at("steps").empty() && !report.at("steps").back().at("loss").is_null();
    if (has_loss) add("last loss", report.at("steps").back().at("loss").get<double>(), false);
  } catch (const nlohmann::json::exception& error) {
    throw UsageError(fmt::format("{}: is not a whole report: {}", path.string(), error.what()));
  } catch (const std::out_of_range&) {
    throw UsageError(fmt::format("{}: is not a whole report: a column is missing", path.string()));
  }
  return metrics;
}

/// What makes two runs hard to compare: a line for each setting in which they differ.
std::string differences(const Json& before, const Json& after) {
  std::string text;
  const auto add = [&text](const std::string& what, const std::string& old_value, const std::string& new_value) {
    if (old_value != new_value) text += fmt::format("note: other {}: {}, {}\n", what, old_value, new_value);
  };
  for (const char* key : {"model", "machine", "mode", "systems", "batch", "clock_mhz"})
    add(key, before.at("run").value(key, Json()).dump(), after.at("run").value(key, Json()).dump());
  add("number of steps", std::to_string(before.at("steps").size()), std::to_string(after.at("steps").size()));
  return text;
}

}  // namespace

Comparison compare_reports(const std::filesystem::path& before, const std::filesystem::path& after) {
  const Json old_report = load_report(before), new_report = load_report(after);
  const auto old_metrics = metrics_of(old_report, before), new_metrics = metrics_of(new_report, after);
  struct Row {
    std::string name;
    double before, after;
    bool timed;
  };
  std::vector<Row> rows;
  std::string missing;
  for (const auto& [name, metric] : old_metrics) {
    const auto found = new_metrics.find(name);
    if (found == new_metrics.end()) {
      missing += fmt::format("only in {}: {}\n", before.string(), name);
    } else {
      rows.push_back({name, metric.mean(), found->second.mean(), metric.timed});
    }
  }
  for (const auto& [name, metric] : new_metrics)
    if (!old_metrics.count(name)) missing += fmt::format("only in {}: {}\n", after.string(), name);
  const auto percent = [](const Row& row) {
    if (row.before == row.after) return 0.0;
    return row.before != 0 ? 100.0 * (row.after - row.before) / row.before : 100.0;
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Row& a, const Row& b) { return std::fabs(percent(a)) > std::fabs(percent(b)); });
  Comparison comparison;
  comparison.text = differences(old_report, new_report);
  comparison.text += fmt::format("{:<36} {:>12} {:>12} {:>9} {:>8}\n", "mean", "old", "new", "delta", "%");
  std::size_t equal = 0;
  for (const Row& row : rows) {
    if (row.timed) comparison.worst_percent = std::max(comparison.worst_percent, percent(row));
    if (row.before == row.after) {
      ++equal;
      continue;
    }
    comparison.text += fmt::format("{:<36} {:>12.6g} {:>12.6g} {:>9.4g} {:>8.2f}\n", row.name, row.before, row.after,
                                   row.after - row.before, percent(row));
  }
  comparison.text += fmt::format("{} equal, {} different\n", equal, rows.size() - equal) + missing;
  return comparison;
}

}  // namespace weft::sw
