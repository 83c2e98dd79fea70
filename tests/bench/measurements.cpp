#include "tests/bench/measurements.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace weft::bench {

namespace {

constexpr int kRepetitions = 5;

class Collector final : public benchmark::BenchmarkReporter {
 public:
  explicit Collector(Measurements& into) : into_(into) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      const std::string name = run.run_name.function_name + "/" + run.run_name.args;
      if (run.error_occurred) {
        into_.fail(name, run.error_message);
        continue;
      }
      into_.add(name + "/seconds", run.GetAdjustedCPUTime() / benchmark::GetTimeUnitMultiplier(run.time_unit));
      for (const auto& [counter, value] : run.counters) into_.add(name + "/" + counter, value);
      std::fputs(fmt::format("bench: {}\n", name).c_str(), stderr);
    }
  }

 private:
  Measurements& into_;
};

}  // namespace

std::optional<double> Measurements::get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  std::vector<double> sorted = found->second;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

void run_benchmarks(const std::string& filter, double seconds_each, Measurements& into) {
  std::vector<std::string> words{"weft_bench", fmt::format("--benchmark_min_time={}", seconds_each),
                                 fmt::format("--benchmark_repetitions={}", kRepetitions),
                                 // Both sides of a ratio meet the same quiet and loaded minutes.
                                 "--benchmark_enable_random_interleaving=true"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  Collector collector(into);
  benchmark::RunSpecifiedBenchmarks(&collector, filter);
}

}  // namespace weft::bench
