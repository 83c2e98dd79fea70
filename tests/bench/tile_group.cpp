#include <fmt/format.h>

#include "tests/bench/bench_groups.h"
#include "tests/bench/measurements.h"

namespace weft::bench {

void run_tiles(const GroupOptions& options, BenchTable& table) {
#ifdef WEFT_BENCH_TILES
  Measurements all;
  run_benchmarks("^(tile_array|bare_tiles)/", options.seconds_each, all);
  for (int side : {8, 16})
    for (int gradient : {0, 1}) {
      const std::string arguments = fmt::format("side:{}/gradient:{}/cycles", side, gradient);
      const auto array = all.get("tile_array/" + arguments), bare = all.get("bare_tiles/" + arguments);
      if (array && bare)
        table.add({"i", fmt::format("tile-cycles, {} x {} {}", side, side, gradient ? "gradient" : "forward"), *array,
                   "/s", fmt::format("{:.3g}/s of the bare loop", *bare), *array / *bare, at_least(0.8, ">= 0.8"),
                   true});
    }
#else
  (void)options;
  BenchRow row{"i", "Verilated tiles"};
  row.skipped = "built without Verilator";
  table.add(row);
#endif
}

}  // namespace weft::bench
