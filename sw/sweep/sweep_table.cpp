#include "sw/sweep/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "sw/report/report_file.h"

namespace weft::sw {
using Json = nlohmann::ordered_json;

namespace {

std::optional<double> number(const Json& json, const std::string& key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number()) return {};
  return found->get<double>();
}

std::string plan_text(const Json& plan) {
  const auto value = [&plan](const char* key) { return plan.value(key, 0); };
  return fmt::format("{}x{}, lanes {}, tokens {}, micro-batches {}", value("width"), value("height"), value("lanes"),
                     value("tokens"), value("micro_batches"));
}

/// A report before weft-report-2 has no steady state: its last step, from the end of the one before.
void read_last_step(SweepRow& row, const Json& report) {
  const Json& steps = report.at("steps");
  if (steps.empty()) return;
  const double begin = steps.size() > 1 ? steps[steps.size() - 2].at("end").get<double>() : 0;
  row.step_cycles = steps.back().at("end").get<double>() - begin;
  row.step_seconds = *row.step_cycles / (report.at("run").at("clock_mhz").get<double>() * 1e6);
  row.rate = steps.back().at("samples").get<double>() / *row.step_seconds;
}

void read_report(SweepRow& row, const Json& report) {
  row.plan = plan_text(report.at("plan"));
  if (const auto steady = report.find("steady"); steady != report.end()) {
    row.step_cycles = number(*steady, "step_cycles");
    row.step_seconds = number(*steady, "step_seconds");
    row.rate = number(*steady, "samples_per_second");
    row.mfu = number(*steady, "mfu");
  } else {
    read_last_step(row, report);
  }
  if (const auto verdict = report.find("verdict"); verdict != report.end()) row.verdict = verdict->value("text", "");
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

/// All digits that a double has; nothing for none.
std::string exact(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : ""; }

std::string short_key(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string::npos ? key : key.substr(dot + 1);
}

/// Aligned to the right.
std::string columns(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string text;
  for (const auto& line : lines) {
    std::string row;
    for (std::size_t i = 0; i < line.size(); ++i) row += fmt::format("{:>{}}  ", line[i], widths[i]);
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + "\n";
  }
  return text;
}

}  // namespace

bool SweepTable::complete() const {
  return std::all_of(rows.begin(), rows.end(), [](const SweepRow& row) { return row.state == PointState::done; });
}

std::string SweepTable::text() const {
  std::vector<std::vector<std::string>> lines(1, {"point"});
  for (const std::string& axis : axes) lines.front().push_back(short_key(axis));
  for (const char* head : {"step, cycles", "samples/s", "speed-up", "MFU"}) lines.front().emplace_back(head);
  std::string verdicts, open;
  for (const SweepRow& row : rows) {
    if (row.state != PointState::done) {
      open += fmt::format("  point {} ({}): {}\n", row.point->number, row.point->text(), name_of(row.state));
      continue;
    }
    std::vector<std::string> line = {std::to_string(row.point->number)};
    for (const std::string& axis : axes) line.push_back(row.point->value(axis));
    line.push_back(row.step_cycles ? fmt::format("{:.0f}", *row.step_cycles) : "-");
    line.push_back(row.rate ? fmt::format("{:.4g}", *row.rate) : "-");
    line.push_back(row.speed_up ? fmt::format("{:.3f}", *row.speed_up) : "-");
    line.push_back(row.mfu ? fmt::format("{:.1f} %", 100 * *row.mfu) : "-");
    lines.push_back(std::move(line));
    verdicts += fmt::format("  {}: {}\n     plan {}\n", row.point->number, row.verdict, row.plan);
  }
  std::string result = title + "\n\n" + columns(lines);
  if (!verdicts.empty()) result += "\nWhat binds each:\n" + verdicts;
  if (!open.empty()) result += "\nMissing or failed:\n" + open;
  return result;
}

std::string SweepTable::csv() const {
  std::string text = "point";
  for (const std::string& axis : axes) text += "," + quoted(axis);
  text += ",state,step_cycles,step_seconds,samples_per_second,speed_up,mfu,verdict,plan,error\n";
  for (const SweepRow& row : rows) {
    text += std::to_string(row.point->number);
    for (const std::string& axis : axes) text += "," + quoted(row.point->value(axis));
    text += fmt::format(",{}", name_of(row.state));
    for (const auto& value : {row.step_cycles, row.step_seconds, row.rate, row.speed_up, row.mfu})
      text += "," + exact(value);
    text += fmt::format(",{},{},{}\n", quoted(row.verdict), quoted(row.plan), quoted(row.error));
  }
  return text;
}

Json SweepTable::json() const {
  Json points = Json::array();
  const auto put = [](const std::optional<double>& value) { return value ? Json(*value) : Json(); };
  for (const SweepRow& row : rows) {
    Json values = Json::object();
    for (const auto& [key, value] : row.point->values) values[key] = value;
    points.push_back({{"point", row.point->number},
                      {"values", values},
                      {"arguments", row.point->arguments},
                      {"state", name_of(row.state)},
                      {"step_cycles", put(row.step_cycles)},
                      {"step_seconds", put(row.step_seconds)},
                      {"samples_per_second", put(row.rate)},
                      {"speed_up", put(row.speed_up)},
                      {"mfu", put(row.mfu)},
                      {"verdict", row.verdict},
                      {"plan", row.plan},
                      {"error", row.error}});
  }
  return {{"schema", "weft-sweep-1"}, {"title", title}, {"axes", axes}, {"points", points}};
}

SweepTable collect(const Sweep& sweep, const SweepFolder& folder) {
  SweepTable table{sweep.title, sweep.axes, sweep.picture, {}};
  std::optional<double> first;
  for (const SweepPoint& point : sweep.points) {
    SweepRow row;
    row.point = &point;
    row.state = folder.state(point);
    if (row.state == PointState::failed) row.error = folder.record(point.number)->error;
    if (row.state == PointState::done) {
      read_report(row, load_report(folder.run(point.number) / "report.json"));
      if (!first) first = row.rate;
      if (first && row.rate) row.speed_up = *row.rate / *first;
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace weft::sw
