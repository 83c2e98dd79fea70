// Question: how many PE-steps a second do the recurrences make, with and without fast-forward, and how far are they
// from a bare loop? Before a loop is timed, its times and counters are compared with the engine's.
#include <benchmark/benchmark.h>

#include <memory>

#include "hw/fast_forward/steady_runs.h"
#include "hw/spec/machine_file.h"
#include "tests/bench/bare_recurrence.h"
#include "tests/support/paths.h"

namespace weft::bench {
namespace {

constexpr int kCheckedRounds = 3;

RoundShape shape_of(const benchmark::State& state) {
  return {static_cast<int>(state.range(0)), static_cast<int>(state.range(1)), static_cast<int>(state.range(2)),
          static_cast<int>(state.range(3))};
}

hw::FabricTiming timing() { return hw::FabricTiming(hw::load_machine("wse2", weft::test::source_path("hw/machines"))); }

class Engine {
 public:
  Engine(const RoundShape& shape, bool add_runs)
      : add_runs_(add_runs), edge_(static_cast<std::size_t>(shape.lines), 0) {
    hw::StreamReduceShape whole;
    whole.lines = whole.chain = shape.lines;
    whole.positions = shape.positions;
    whole.wavelets.assign(static_cast<std::size_t>(shape.lines), shape.wavelets);
    whole.elements.assign(static_cast<std::size_t>(shape.positions), shape.elements);
    whole.lanes = shape.lanes;
    engine_ = std::make_unique<hw::StreamReduce>(timing(), whole);
  }
  void stream() { engine_->stream(source()); }
  void sum() {
    for (int line = engine_->shape().chain - 1; line >= 0; --line) engine_->open_reduction(line, nullptr);
    reduce();
  }
  void round() {
    if (add_runs_) {
      hw::stream_in_runs(*engine_, source(), nullptr, -1);
    } else {
      engine_->stream(source(), nullptr, -1);
    }
    reduce();
  }
  void close() { engine_->close_without_reduction(); }
  const hw::StreamReduce& times() const { return *engine_; }

 private:
  hw::StreamReduce::Source source() const {
    hw::StreamReduce::Source source;
    source.edge = edge_.data();
    return source;
  }
  void reduce() {
    engine_->reduce(0, engine_->sizes().max_elements(), -1);
    engine_->close_reduction(false);
  }

  bool add_runs_;
  std::vector<std::int32_t> edge_;
  std::unique_ptr<hw::StreamReduce> engine_;
};

bool agree(const RoundShape& shape, bool add_runs) {
  Engine engine(shape, add_runs);
  BareRecurrence bare(timing(), shape);
  for (int round = 0; round < kCheckedRounds; ++round) {
    engine.round();
    bare.round();
  }
  for (int line = 0; line < shape.lines; ++line)
    for (int position = 0; position < shape.positions; ++position) {
      const hw::PeTimes a = engine.times().pe(line, position);
      const BareRecurrence::Pe b = bare.pe(line, position);
      if (a.main_end.since() != b.free || a.wait_stream != b.wait_stream || a.wait_partial_sum != b.wait_partial_sum ||
          a.blocked != b.blocked || a.stall != b.stall)
        return false;
    }
  return true;
}

void count(benchmark::State& state, double steps) {
  state.counters["steps"] =
      benchmark::Counter(steps * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void run_engine(benchmark::State& state, bool add_runs) {
  const RoundShape shape = shape_of(state);
  if (!agree(shape, add_runs)) return state.SkipWithError("the bare loop's times differ from the engine's");
  Engine engine(shape, add_runs);
  for (auto _ : state) engine.round();
  count(state, static_cast<double>(shape.pe_steps()));
}

void dense(benchmark::State& state) { run_engine(state, false); }
void fast_forward(benchmark::State& state) { run_engine(state, true); }

void bare(benchmark::State& state) {
  const RoundShape shape = shape_of(state);
  BareRecurrence loop(timing(), shape);
  for (auto _ : state) loop.round();
  count(state, static_cast<double>(shape.pe_steps()));
}

/// The two halves of a round, each alone: the wavelets of every line, the elements of every chain.
void only_stream(benchmark::State& state) {
  const RoundShape shape = shape_of(state);
  Engine engine(shape, false);
  for (auto _ : state) {
    engine.stream();
    engine.close();
  }
  count(state, static_cast<double>(shape.lines) * shape.positions * (shape.wavelets + 1));
}

void only_sum(benchmark::State& state) {
  const RoundShape shape = shape_of(state);
  Engine engine(shape, false);
  for (auto _ : state) engine.sum();
  count(state, static_cast<double>(shape.lines) * shape.positions * shape.elements);
}

/// Broadcast along every line, one vector instruction a wavelet, one sum along every chain; engine and its memory anew.
void wafer_round(benchmark::State& state) {
  const RoundShape shape = shape_of(state);
  for (auto _ : state) {
    Engine engine(shape, state.range(4) != 0);
    engine.round();
    benchmark::DoNotOptimize(engine.times().end());
  }
  count(state, static_cast<double>(shape.pe_steps()));
}

// Wavelets and elements as layers of fc_mnist have them on a region of a large wafer, and a long run of both.
BENCHMARK(dense)->Name("dense")->Args({64, 64, 21, 22})->Args({128, 128, 120, 44})->Args({994, 750, 21, 22});
BENCHMARK(fast_forward)->Args({64, 64, 21, 22})->Args({128, 128, 120, 44})->Args({994, 750, 21, 22});
BENCHMARK(bare)->Args({64, 64, 21, 22})->Args({128, 128, 120, 44})->Args({994, 750, 21, 22});
BENCHMARK(only_stream)->Args({64, 64, 21, 22})->Args({994, 750, 21, 22});
BENCHMARK(only_sum)->Args({64, 64, 21, 22})->Args({994, 750, 21, 22});
BENCHMARK(wafer_round)->Args({996, 757, 16, 16, 1})->Args({996, 757, 16, 16, 0})->Unit(benchmark::kMillisecond);
// Growth with PEs: the same rounds on ever more of them.
BENCHMARK(dense)
    ->Name("grow")
    ->Args({32, 24, 21, 22})
    ->Args({64, 48, 21, 22})
    ->Args({124, 94, 21, 22})
    ->Args({248, 188, 21, 22})
    ->Args({497, 375, 21, 22})
    ->Args({994, 750, 21, 22});

}  // namespace
}  // namespace weft::bench
