#include "sw/crosscheck/cross_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "hw/spec/kernel_table.h"
#include "tlm/base/wrap.h"

namespace weft::sw {

namespace {

constexpr std::size_t failures_shown = 10;
// How far recurrences may be off: the greater of the two.
constexpr double bar_percent = 2;
constexpr Cycle bar_cycles = 2;

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 100.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double mean_percent(const CycleErrors& errors) {
  return errors.cases == 0 ? 0 : errors.percent_sum / static_cast<double>(errors.cases);
}

/// A name that is longer than its column has a line of its own.
std::string first_column(std::string name) {
  constexpr std::size_t width = 19;
  if (name.size() > width) name += '\n' + std::string(width, ' ');
  return fmt::format("{:<{}}", name, width);
}

nlohmann::json json_of(const CycleErrors& errors) {
  return {{"cases", errors.cases},
          {"equal", errors.equal},
          {"mean_percent", mean_percent(errors)},
          {"worst_percent", errors.worst_percent},
          {"worst_cycles", errors.worst_cycles},
          {"worst_case", errors.worst_case},
          {"above_bar", errors.above_bar}};
}

}  // namespace

void CycleErrors::add(const CrossCase& cross_case, Cycle tiles, Cycle recurrence) {
  const Cycle error = std::abs(tiles - recurrence);
  const double share = 100.0 * static_cast<double>(error) / static_cast<double>(tiles);
  ++cases;
  equal += error == 0;
  percent_sum += share;
  above_bar += error > bar_cycles && share > bar_percent;
  worst_cycles = std::max(worst_cycles, error);
  if (share <= worst_percent) return;
  worst_percent = share;
  worst_case = to_string(cross_case);
}

void CrossTable::add(const CrossCase& cross_case, const CrossResult& result) {
  KernelRow& row = rows_[cross_case.kind];
  ++row.cases;
  row.sums += result.sums;
  row.wrong_sums += result.wrong_sums;
  row.model_unequal += !result.model_equal;
  tile_cycles_ += result.tile_cycles;
  if (!result.difference.empty() && failures_.size() < failures_shown)
    failures_.push_back(fmt::format("{}\n  {}", to_string(cross_case), result.difference));
  if (!result.recurrence) return;
  const bool single = cross_case.single_pe() && cross_case.stalls == Stalls::none;
  (single ? row.single : row.arrays).add(cross_case, result.tiles, *result.recurrence);
}

bool CrossTable::good() const {
  return failures_.empty() && std::all_of(rows_.begin(), rows_.end(), [](const auto& entry) {
           return entry.second.single.above_bar == 0 && entry.second.arrays.above_bar == 0;
         });
}

std::string CrossTable::text() const {
  std::string text = fmt::format("{} {:>5} {:>7} {:>7} {:>7}|{:>7}|{:>8} {:>6} {:>6}\n", first_column("kernel"),
                                 "cases", "sums", "bits %", "model %", "1 PE %", "array %", "mean", "worst");
  const CycleErrors* worst = nullptr;
  std::int64_t above_bar = 0;
  for (const auto& [kind, row] : rows_) {
    const std::string model =
        no_tiles_.empty() ? fmt::format("{:.3f}", percent(row.cases - row.model_unequal, row.cases)) : "-";
    text += fmt::format("{} {:>5} {:>7} {:>7.3f} {:>7}|{:>7.3f}|{:>8.3f} {:>6.3f} {:>6.3f}\n",
                        first_column(hw::kernel_name(kind)), row.cases, row.sums,
                        percent(row.sums - row.wrong_sums, row.sums), model,
                        percent(row.single.equal, row.single.cases), percent(row.arrays.equal, row.arrays.cases),
                        mean_percent(row.arrays), std::max(row.single.worst_percent, row.arrays.worst_percent));
    above_bar += row.single.above_bar + row.arrays.above_bar;
    for (const CycleErrors* errors : {&row.single, &row.arrays})
      if (!worst || errors->worst_percent > worst->worst_percent) worst = errors;
  }
  text +=
      "bits: sums of the tiles equal to plain loops; model: cases in which tiles and PE\n"
      "model agree in every slot; 1 PE (no stalls), array (with and without): cases in\n"
      "which the recurrences end in the tiles' cycle; mean, worst: their error, percent\n";
  if (worst && !worst->worst_case.empty())
    text += fmt::format("worst, {:.3f} %:\n{}\n", worst->worst_percent, worst->worst_case);
  if (above_bar > 0)
    text += fmt::format("FAILED recurrences off by more than max({} %, {} cycles) in {} cases\n", bar_percent,
                        bar_cycles, above_bar);
  text += no_tiles_.empty()
              ? fmt::format("{} tile-cycles\n", tile_cycles_)
              : wrapped("", 0, "only models are compared, the PE model in the tiles' place: " + no_tiles_);
  for (const std::string& failure : failures_) text += "FAILED " + failure + "\n";
  return text;
}

nlohmann::json CrossTable::json() const {
  nlohmann::json kernels = nlohmann::json::object();
  for (const auto& [kind, row] : rows_)
    kernels[hw::kernel_name(kind)] = {{"cases", row.cases},
                                      {"sums", row.sums},
                                      {"wrong_sums", row.wrong_sums},
                                      {"model_unequal", row.model_unequal},
                                      {"single_pe", json_of(row.single)},
                                      {"arrays", json_of(row.arrays)}};
  return {{"schema", "weft-crosscheck-1"}, {"good", good()},       {"no_tiles", no_tiles_}, {"kernels", kernels},
          {"tile_cycles", tile_cycles_},   {"failures", failures_}};
}

}  // namespace weft::sw
