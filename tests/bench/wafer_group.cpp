#include <fmt/format.h>

#include "tests/bench/bench_groups.h"
#include "tests/bench/child_process.h"
#include "tests/bench/measurements.h"

namespace weft::bench {

namespace {

constexpr double kMebi = 1 << 20;

void whole_round(const GroupOptions& options, BenchTable& table) {
  Measurements all;
  run_benchmarks("^wafer_round/", options.seconds_each, all);
  const auto with = all.get("wafer_round/996/757/16/16/1/seconds"),
             without = all.get("wafer_round/996/757/16/16/0/seconds");
  if (!with || !without) return;
  // A vector instruction on 16 elements takes 1 + 8 cycles; 16 of them, then a chain step of ramp, add, ramp, hop.
  const nlohmann::json events = run_child({"events", "996", "757", "144", "6"});
  const double reference = events.at("seconds");
  table.add({"d", "broadcast, compute, reduce: 996 x 757", *with * 1e3, "ms",
             fmt::format("{:.3g} s, an sc_event per PE", reference), *with / reference});
  table.add({"d", "  without fast-forward", *without * 1e3, "ms", "the same", *without / reference});
}

void memory(BenchTable& table) {
  const nlohmann::json engine = run_child({"memory", "994", "750", "21", "22"});
  table.add({"e", "time lines of a launch, wafer", engine.at("bytes_per_pe"), "B/PE", "300 B",
             engine.at("bytes_per_pe").get<double>() / 300, at_most(1, "<= 1"), true});
}

void start_up(BenchTable& table) {
  const nlohmann::json run = run_child({"cluster", "wse2", "994,10", "750", "1", "1", "1", "whole"});
  const double pes = run.at("width").get<double>() * run.at("height").get<double>();
  const double seconds = run.at("first_cycle_seconds"), first = run.at("first_cycle_bytes"),
               peak = run.at("peak_bytes");
  table.add({"e", "process after a step of 994-10", peak / pes, "B/PE",
             fmt::format("{} x {} PEs", run.at("width").get<int>(), run.at("height").get<int>())});
  table.add({"f", "start to first simulated cycle", seconds, "s", "3 s", seconds / 3, at_most(1, "<= 1"), true});
  table.add({"f", "  memory then", first / kMebi, "MiB", "1 GiB", first / kMebi / 1024, at_most(1, "<= 1"), true});
  table.add({"f", "  memory at most in the step", peak / kMebi, "MiB", "1 GiB", peak / kMebi / 1024, at_most(1, "<= 1"),
             true});
}

}  // namespace

void run_wafer(const GroupOptions& options, BenchTable& table) {
  whole_round(options, table);
  memory(table);
  start_up(table);
}

}  // namespace weft::bench
