#include <fmt/format.h>

#include "tests/bench/bench_groups.h"
#include "tests/bench/measurements.h"

namespace weft::bench {

void run_recurrences(const GroupOptions& options, BenchTable& table) {
  Measurements all;
  run_benchmarks("^(dense|bare|fast_forward|only_stream|only_sum)/", options.seconds_each, all);
  struct Shape {
    const char *arguments, *text;
  };
  const Shape shapes[] = {
      {"64/64/21/22", "64 x 64"}, {"128/128/120/44", "128 x 128, long"}, {"994/750/21/22", "wafer"}};
  const auto steps = [&all](const char* name, const Shape& shape) {
    return all.get(fmt::format("{}/{}/steps", name, shape.arguments));
  };
  for (const auto& [name, why] : all.failures()) {
    BenchRow row{"b", name};
    row.skipped = why;
    table.add(row);
  }
  for (const Shape& shape : shapes)
    if (const auto with = steps("fast_forward", shape), without = steps("dense", shape); with && without)
      table.add({"a", fmt::format("PE-steps, {}", shape.text), *with, "/s",
                 fmt::format("{:.3g}/s without fast-forward", *without), *with / *without});
  for (const Shape& shape : shapes)
    if (const auto engine = steps("dense", shape), bare = steps("bare", shape); engine && bare)
      table.add({"b", fmt::format("a PE's step, {}", shape.text), 1e9 / *engine, "ns",
                 fmt::format("{:.3g} ns of the bare loop", 1e9 / *bare), *bare / *engine, at_most(2, "<= 2"), true});
  constexpr double bar = 5e8;
  for (const Shape& shape : shapes)
    if (const auto engine = steps("dense", shape))
      table.add({"c", fmt::format("wavelet-hops, {}", shape.text), *engine, "/s", "5e8/s", *engine / bar,
                 at_least(1, ">= 1"), true});
  for (const char* half : {"only_stream", "only_sum"})
    for (const Shape& shape : {shapes[0], shapes[2]})
      if (const auto hops = steps(half, shape))
        table.add({"c", fmt::format("of the {}, {}", half + 5, shape.text), *hops, "/s"});
}

}  // namespace weft::bench
