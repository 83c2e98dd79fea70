#include "tests/bench/bench_table.h"

#include <fmt/format.h>

namespace weft::bench {

namespace {

std::string verdict(const BenchRow& row) {
  if (!row.bar) return "";
  return fmt::format("{} {}", row.bar->text, row.missed() ? "MISSED" : "good");
}

}  // namespace

Bar at_most(double limit, const std::string& text) { return {true, limit, text}; }
Bar at_least(double limit, const std::string& text) { return {false, limit, text}; }

bool BenchRow::missed() const {
  if (!bar || !skipped.empty()) return false;
  const double judged = bar_on_ratio ? ratio.value_or(0) : value;
  return bar->at_most ? judged > bar->limit : judged < bar->limit;
}

std::string BenchTable::text() const {
  std::string text = fmt::format("{:<39}{:>9} {:<6} {:>8}  {}\n", "  what", "value", "", "ratio", "bar");
  for (const BenchRow& row : rows_) {
    if (!row.skipped.empty()) {
      text += fmt::format("{} {:<37} skipped: {}\n", row.group, row.what, row.skipped);
      continue;
    }
    text += fmt::format("{} {:<37}{:>9.3g} {:<6} {:>8}  {}\n", row.group, row.what, row.value, row.unit,
                        row.ratio ? fmt::format("{:.3g}", *row.ratio) : "", verdict(row));
    if (!row.beside.empty()) text += fmt::format("{:>57}\n", "to " + row.beside);
  }
  return text;
}

nlohmann::ordered_json BenchTable::json() const {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const BenchRow& row : rows_) {
    nlohmann::ordered_json json{{"group", row.group}, {"what", row.what}};
    if (!row.skipped.empty()) {
      json["skipped"] = row.skipped;
    } else {
      json["value"] = row.value;
      json["unit"] = row.unit;
      if (row.ratio) json["ratio"] = *row.ratio;
      if (!row.beside.empty()) json["beside"] = row.beside;
      if (row.bar) {
        json["bar"] = row.bar->text;
        json["missed"] = row.missed();
      }
    }
    rows.push_back(json);
  }
  return {{"schema", "weft-bench-1"}, {"missed", missed()}, {"rows", rows}};
}

int BenchTable::missed() const {
  int count = 0;
  for (const BenchRow& row : rows_) count += row.missed();
  return count;
}

}  // namespace weft::bench
