#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "tests/bench/bench_groups.h"
#include "tests/bench/child_process.h"
#include "tests/bench/growth_exponent.h"
#include "tests/bench/measurements.h"

namespace weft::bench {

namespace {

struct Series {
  std::vector<double> sizes, seconds;

  double exponent() const { return growth_exponent(sizes, seconds); }
  double last_exponent() const {
    return growth_exponent({sizes.end()[-2], sizes.back()}, {seconds.end()[-2], seconds.back()});
  }
};

void add_rows(BenchTable& table, const std::string& what, const Series& series) {
  const std::string range = fmt::format("{:.0f} to {:.0f}", series.sizes.front(), series.sizes.back());
  table.add({"h", fmt::format("time with {}", what), series.exponent(), "expon.", range, {}, at_most(1.05, "<= 1.05")});
  table.add({"h", "  between the two largest", series.last_exponent(), "expon."});
}

/// The same rounds on more PEs.
Series pes(const GroupOptions& options) {
  Measurements all;
  run_benchmarks("^grow/", options.seconds_each, all);
  Series series;
  for (const auto& [lines, positions] : {std::pair(32, 24), {64, 48}, {124, 94}, {248, 188}, {497, 375}, {994, 750}})
    if (const auto seconds = all.get(fmt::format("grow/{}/{}/21/22/seconds", lines, positions))) {
      series.sizes.push_back(static_cast<double>(lines) * positions);
      series.seconds.push_back(*seconds);
    }
  return series;
}

/// The faster of two runs: a process that others disturb is only ever slower.
double cluster_seconds(const std::string& widths, int batch, int systems, bool fast_forward) {
  double best = 0;
  for (int run = 0; run < 2; ++run) {
    const nlohmann::json result = run_child({"cluster", "mini", widths, fmt::format("{}", batch),
                                             fmt::format("{}", systems), "4", fast_forward ? "1" : "0"});
    const double seconds = result.at("run_seconds");
    best = run == 0 ? seconds : std::min(best, seconds);
  }
  return best;
}

Series layers(const GroupOptions& options) {
  Series series;
  for (int count = 2; count <= (options.quick ? 16 : 64); count *= 2) {
    std::string widths = "128";
    for (int layer = 0; layer < count; ++layer) widths += ",128";
    series.sizes.push_back(count);
    series.seconds.push_back(cluster_seconds(widths, 128, 1, false));
  }
  return series;
}

Series systems(const GroupOptions& options, bool fast_forward) {
  Series series;
  for (int count = 1; count <= (options.quick ? 8 : 64); count *= 2) {
    series.sizes.push_back(count);
    series.seconds.push_back(cluster_seconds("128,128,10", 128 * count, count, fast_forward));
  }
  return series;
}

}  // namespace

void run_growth(const GroupOptions& options, BenchTable& table) {
  add_rows(table, "PEs", pes(options));
  add_rows(table, "layers", layers(options));
  add_rows(table, "systems", systems(options, false));
  add_rows(table, "systems, fast-forward", systems(options, true));
}

}  // namespace weft::bench
