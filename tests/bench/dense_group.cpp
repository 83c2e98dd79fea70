#include <fmt/format.h>

#include "tests/bench/bench_groups.h"
#include "tests/bench/measurements.h"

namespace weft::bench {

void run_dense(const GroupOptions& options, BenchTable& table) {
  Measurements all;
  run_benchmarks("^(chained|openblas)/", options.seconds_each, all);
  struct Shape {
    int m, n, k, lines;
  };
  const Shape shapes[] = {{500, 256, 784, 32},   {784, 256, 500, 32},  {500, 785, 256, 32}, {20, 256, 784, 32},
                          {10, 785, 256, 32},    {54, 256, 300, 32},   {10, 256, 300, 32},  {1024, 1024, 1024, 256},
                          {1024, 1024, 1024, 4}, {1024, 1024, 1024, 1}};
  for (const Shape& s : shapes) {
    const std::string arguments = fmt::format("M:{}/N:{}/K:{}/lines:{}", s.m, s.n, s.k, s.lines);
    const auto own = all.get("chained/" + arguments + "/flop"), blas = all.get("openblas/" + arguments + "/flop");
    if (!own) continue;
    BenchRow row{"g", fmt::format("{} x {} x {} on {} PEs", s.m, s.n, s.k, s.lines), *own * 1e-9, "GF/s"};
    if (blas) {
      row.beside = fmt::format("{:.3g} GF/s, OpenBLAS", *blas * 1e-9);
      row.ratio = *own / *blas;
      row.bar = at_least(0.4, ">= 0.4");
      row.bar_on_ratio = true;
    }
    table.add(row);
  }
#ifndef WEFT_BENCH_OPENBLAS
  BenchRow row{"g", "OpenBLAS"};
  row.skipped = "not found when configured (libopenblas-dev)";
  table.add(row);
#endif
}

}  // namespace weft::bench
