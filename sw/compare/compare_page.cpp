#include "sw/compare/compare_page.h"

#include <fmt/format.h>

#include <cmath>

#include "sw/report/step_words.h"
#include "tlm/base/wrap.h"

namespace weft::sw {

namespace {

constexpr std::size_t most_rows = 20;

std::string signed_whole(std::int64_t value) {
  return (value > 0 ? "+" : value < 0 ? "-" : "") + grouped(static_cast<double>(std::llabs(value)));
}

struct ShownRow {
  std::string name;
  std::int64_t before, after;
};

/// What changed, the rest added up, so that the lines add up to the change.
std::vector<ShownRow> shown_rows(const ChangeTable& table) {
  std::vector<ShownRow> shown;
  ShownRow rest{"", 0, 0};
  std::size_t others = 0;
  // A row that moves against the change stands at the end: from both ends, the larger first.
  std::vector<const AttributedChange*> rows;
  for (const AttributedChange& row : table.rows) rows.push_back(&row);
  std::vector<const AttributedChange*> by_size = rows;
  std::stable_sort(by_size.begin(), by_size.end(), [](const AttributedChange* a, const AttributedChange* b) {
    return std::llabs(a->change()) > std::llabs(b->change());
  });
  if (by_size.size() > most_rows) by_size.resize(most_rows);
  for (const AttributedChange* row : rows) {
    const bool large = std::find(by_size.begin(), by_size.end(), row) != by_size.end();
    if (row->change() != 0 && (large || row == rows.front())) {
      shown.push_back({words_of(row->key), row->before, row->after});
      continue;
    }
    rest.before += row->before;
    rest.after += row->after;
    ++others;
  }
  rest.name = fmt::format("{} others", others);
  if (others > 0) shown.push_back(rest);
  return shown;
}

std::string step_name(const Comparison& comparison) {
  const bool trains = comparison.before.trains;
  if (comparison.step.first_step) return trains ? "first step, empty machine" : "first batch, empty machine";
  return trains ? "steady step" : "steady batch";
}

double seconds(const Digest& digest, bool first) {
  return (first ? digest.first.cycles : digest.steady.cycles) / (digest.clock_mhz * 1e6);
}

std::string loss_lines(const Comparison& comparison) {
  std::string text;
  for (const LossChange& change : loss_changes(comparison))
    text += fmt::format("{:<28} {:>15.5f} {:>15.5f} {:>+15.5f}\n", change.what, change.before, change.after,
                        change.after - change.before);
  return text;
}

std::string loss_of(const Digest& digest) {
  return digest.loss.of_step.empty() ? "-" : fmt::format("{:.5f}", digest.loss.of_step.rbegin()->second);
}

std::string mfu_of(const Digest& digest) { return digest.mfu ? fmt::format("{:.1f}", 100 * *digest.mfu) : "-"; }

std::string last_part(const std::string& file, std::size_t most) {
  return file.size() <= most ? file : "~" + file.substr(file.size() - most + 1);
}

}  // namespace

std::string comparison_text(const Comparison& comparison) {
  const Digest &a = comparison.before, &b = comparison.after;
  const ChangeTable& step = comparison.step;
  std::string text = wrapped("", 0, comparison.verdict()) + "\n";
  for (const auto& [name, digest] : {std::pair("old", &a), std::pair("new", &b)})
    text += fmt::format("{}: {} ({} on {} x {})\n", name, last_part(digest->file, 40),
                        shortened(digest->model, 14, "~"), digest->systems, shortened(digest->machine, 10, "~"));
  if (!comparison.differences.empty()) text += "\nwhat differs\n";
  for (const std::string& difference : comparison.differences) text += wrapped("  ", 4, difference);
  text += fmt::format("\n{:<28} {:>15} {:>15} {:>15}\n", step_name(comparison), "old", "new", "change");
  const auto whole_line = [&](const std::string& what, std::int64_t before, std::int64_t after) {
    text += fmt::format("{:<28} {:>15} {:>15} {:>15}\n", what, grouped(static_cast<double>(before)),
                        grouped(static_cast<double>(after)), signed_whole(after - before));
  };
  whole_line(step.unit, step.before, step.after);
  const double before_s = seconds(a, step.first_step), after_s = seconds(b, step.first_step);
  if (a.clock_mhz != b.clock_mhz)
    text += fmt::format("{:<28} {:>15.9f} {:>15.9f} {:>+15.9f}\n", "seconds", before_s, after_s, after_s - before_s);
  whole_line("samples/s", std::llround(a.samples_per_second), std::llround(b.samples_per_second));
  if (a.mfu && b.mfu)
    text += fmt::format("{:<28} {:>15.2f} {:>15.2f} {:>+15.2f}\n", "MFU, %", 100 * *a.mfu, 100 * *b.mfu,
                        100 * (*b.mfu - *a.mfu));
  for (const auto& [name, digest] : {std::pair("old", &a), std::pair("new", &b)})
    if (!digest->verdict.empty()) text += wrapped(fmt::format("{}: ", name), 5, digest->verdict);
  text += fmt::format("\n{}\n{:<40} {:>12} {:>12} {:>13}\n",
                      step.paths ? "where it comes from: critical paths, by limiter, layer and launch"
                                 : "where it comes from: launches (one of the reports has no critical paths)",
                      step.unit, "old", "new", "change");
  for (const ShownRow& row : shown_rows(step))
    text += fmt::format("{:<40} {:>12} {:>12} {:>13}\n", shortened(row.name, 40, "~"),
                        grouped(static_cast<double>(row.before)), grouped(static_cast<double>(row.after)),
                        signed_whole(row.after - row.before));
  text += fmt::format("{:<40} {:>12} {:>12} {:>13}\n", "all, exactly", grouped(static_cast<double>(step.before)),
                      grouped(static_cast<double>(step.after)), signed_whole(step.change()));
  std::string updates;
  for (const auto& [layer, before] : a.updates) {
    const auto after = b.updates.find(layer);
    if (after == b.updates.end() || std::llround(before) == std::llround(after->second)) continue;
    updates += fmt::format("{:<28} {:>15} {:>15} {:>15}\n", "update of " + shortened(layer, 18, "~"), grouped(before),
                           grouped(after->second), signed_whole(std::llround(after->second) - std::llround(before)));
  }
  if (!updates.empty())
    text += fmt::format("\n{:<28} {:>15} {:>15} {:>15}\n", "updates, cycles", "old", "new", "change") + updates;
  const std::string losses = loss_lines(comparison);
  if (!losses.empty()) text += "\n" + losses;
  if (!comparison.missing.empty()) text += "\nonly on one side\n";
  for (const std::string& row : comparison.missing) text += wrapped("  ", 4, row);
  return text;
}

nlohmann::ordered_json comparison_json(const Comparison& comparison) {
  using Json = nlohmann::ordered_json;
  const auto side = [&](const Digest& digest) {
    Json json = {{"file", digest.file},
                 {"model", digest.model},
                 {"machine", digest.machine},
                 {"systems", digest.systems},
                 {"step_cycles", comparison.step.first_step ? digest.first.cycles : digest.steady.cycles},
                 {"step_seconds", seconds(digest, comparison.step.first_step)},
                 {"samples_per_second", digest.samples_per_second},
                 {"mfu", digest.mfu ? Json(*digest.mfu) : Json()},
                 {"verdict", digest.verdict}};
    return json;
  };
  Json rows = Json::array();
  for (const AttributedChange& row : comparison.step.rows)
    rows.push_back({{"limiter", row.key.limiter},
                    {"layer", row.key.layer},
                    {"launch", row.key.launch},
                    {"old", row.before},
                    {"new", row.after},
                    {"change", row.change()}});
  Json json = {{"schema", "weft-compare-1"},
               {"verdict", comparison.verdict()},
               {"failed", comparison.failed()},
               {"failures", comparison.failures},
               {"differences", comparison.differences},
               {"old", side(comparison.before)},
               {"new", side(comparison.after)},
               {"first_step", comparison.step.first_step},
               {"unit", comparison.step.unit},
               {"change", comparison.step.change()},
               {"percent", comparison.step.percent()},
               {"attribution", std::move(rows)},
               {"missing", comparison.missing}};
  if (const auto step = comparison.loss_step)
    json["loss"] = {{"step", *step},
                    {"change", comparison.after.loss.of_step.at(*step) - comparison.before.loss.of_step.at(*step)}};
  for (const LossChange& change : loss_changes(comparison))
    json["losses"].push_back({{"what", change.what}, {"old", change.before}, {"new", change.after}});
  return json;
}

std::string comparison_markdown(const Comparison& comparison) {
  const ChangeTable& step = comparison.step;
  std::string text = fmt::format("**{}**\n\n", comparison.verdict());
  for (const std::string& difference : comparison.differences) text += fmt::format("- {}\n", difference);
  text += fmt::format("\n| {}, {} | old | new | change |\n|---|---:|---:|---:|\n", step_name(comparison), step.unit);
  const auto line = [&](const std::string& name, std::int64_t before, std::int64_t after) {
    text += fmt::format("| {} | {} | {} | {} |\n", name, grouped(static_cast<double>(before)),
                        grouped(static_cast<double>(after)), signed_whole(after - before));
  };
  for (const ShownRow& row : shown_rows(step)) line(row.name, row.before, row.after);
  line("**all**", step.before, step.after);
  for (const std::string& row : comparison.missing) text += fmt::format("\n- only on one side: {}", row);
  return text + "\n";
}

std::string table_text(const std::vector<Comparison>& against_first) {
  std::string text = fmt::format("{:<21} {:>14} {:>8} {:>12} {:>6} {:>9}  \n", "report", "step, cycles", "change %",
                                 "samples/s", "MFU %", "loss");
  const auto line = [&](const Digest& digest, const std::string& change, const std::string& result) {
    const bool first = digest.steady.steps == 0;
    text += fmt::format("{:<21} {:>14} {:>8} {:>12} {:>6} {:>9} {}\n", last_part(digest.file, 21),
                        grouped(first ? digest.first.cycles : digest.steady.cycles), change,
                        grouped(digest.samples_per_second), mfu_of(digest), loss_of(digest), result);
  };
  line(against_first.front().before, "", "");
  for (const Comparison& one : against_first)
    line(one.after, fmt::format("{:+.2f}", one.step.percent()), one.failed() ? "FAIL" : "ok");
  for (const Comparison& one : against_first)
    text += "\n" + wrapped(last_part(one.after.file, 40) + ": ", 2, one.verdict());
  return text;
}

nlohmann::ordered_json table_json(const std::vector<Comparison>& against_first) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Comparison& one : against_first) list.push_back(comparison_json(one));
  return {{"schema", "weft-compare-1"}, {"against_first", std::move(list)}};
}

std::string table_markdown(const std::vector<Comparison>& against_first) {
  std::string text =
      "| report | step, cycles | change | samples/s | MFU % | loss | |\n|---|---:|---:|---:|---:|---:|---|\n";
  const auto line = [&](const Digest& digest, const std::string& change, const std::string& result) {
    const bool first = digest.steady.steps == 0;
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", digest.file,
                        grouped(first ? digest.first.cycles : digest.steady.cycles), change,
                        grouped(digest.samples_per_second), mfu_of(digest), loss_of(digest), result);
  };
  line(against_first.front().before, "", "");
  for (const Comparison& one : against_first)
    line(one.after, fmt::format("{:+.2f} %", one.step.percent()), one.verdict());
  return text;
}

}  // namespace weft::sw
