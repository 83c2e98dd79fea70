// Question: what does joining tiles wire to wire cost, over clocking the same tiles with the same inputs in a bare
// loop? A forward and a gradient launch on 8 x 8 and 16 x 16 tiles. Both sides load the programs and end with the same
// tiles in the same state; the bare loop plays back what one run of the array drove into each tile.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "rtl/cosim/tile_array.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/support/paths.h"

namespace {

using namespace weft;

/// What one tile was given, cycle by cycle.
struct Inputs {
  struct Drive {
    int link;
    hw::LinkWires wires;
  };
  std::vector<Drive> drives;
  std::vector<std::size_t> until;  ///< per cycle: drives before its end
};

/// Hands everything to a tile and writes down what drives it.
class WrittenDown : public hw::ClockedPe {
 public:
  WrittenDown(hw::ClockedPe& pe, Inputs& inputs) : pe_(pe), inputs_(inputs) {}
  void load(const hw::Program& program, const hw::Sram& memory) override { pe_.load(program, memory); }
  void launch() override { pe_.launch(); }
  hw::LinkWires output(int link) const override { return pe_.output(link); }
  void drive(int link, const hw::LinkWires& wires) override {
    inputs_.drives.push_back({link, wires});
    pe_.drive(link, wires);
  }
  void tick() override {
    inputs_.until.push_back(inputs_.drives.size());
    pe_.tick();
  }
  hw::CoreProbe probe() const override { return pe_.probe(); }
  hw::Wavelet sent() const override { return pe_.sent(); }
  unsigned running() const override { return pe_.running(); }
  std::uint32_t waiting() const override { return pe_.waiting(); }
  bool fault() const override { return pe_.fault(); }
  std::vector<std::uint16_t> memory() const override { return pe_.memory(); }

 private:
  hw::ClockedPe& pe_;
  Inputs& inputs_;
};

/// A launch on side x side tiles.
struct Launch {
  hw::MachineSpec machine = hw::load_machine("mini", weft::test::source_path("hw/machines"));
  rtl::TileArray tiles{machine};
  sw::PreparedCase prepared;
  hw::ClockedRectangle where;

  Launch(hw::KernelKind kind, int side)
      : prepared(sw::prepare(machine, {kind, 6 * side, 10, 4 * side, {side, side}, sw::Stalls::none, 1})),
        where(tiles.rectangle(0, 0, prepared.setup->array.width, prepared.setup->array.height)) {}
};

hw::KernelKind kind_of(const benchmark::State& state) {
  return state.range(1) == 0 ? hw::KernelKind::matmul_forward : hw::KernelKind::matmul_gradient;
}

void count_cycles(benchmark::State& state, std::int64_t cycles) {
  state.counters["cycles"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
}

void tile_array(benchmark::State& state) {
  Launch launch(kind_of(state), static_cast<int>(state.range(0)));
  hw::ArrayOptions options;
  options.clocked = &launch.where;
  std::int64_t cycles = 0;
  for (auto _ : state) cycles += run_array(launch.machine, launch.prepared.setup->array, options).clocked_cycles;
  count_cycles(state, cycles);
}

void bare_tiles(benchmark::State& state) {
  Launch launch(kind_of(state), static_cast<int>(state.range(0)));
  const hw::ArraySetup& array = launch.prepared.setup->array;
  const std::vector<hw::ClockedPe*> tiles = launch.where.pes;
  std::vector<Inputs> inputs(tiles.size());
  std::vector<std::unique_ptr<WrittenDown>> writers;
  hw::ClockedRectangle written = launch.where;
  for (std::size_t at = 0; at < tiles.size(); ++at) {
    writers.push_back(std::make_unique<WrittenDown>(*tiles[at], inputs[at]));
    written.pes[at] = writers.back().get();
  }
  hw::ArrayOptions options;
  options.clocked = &written;
  const std::int64_t in_all = run_array(launch.machine, array, options).clocked_cycles;
  const std::size_t cycles = inputs.front().until.size();
  if (static_cast<std::size_t>(in_all) != cycles * tiles.size())
    state.SkipWithError("a tile was not clocked each cycle");
  for (auto _ : state) {
    for (std::size_t at = 0; at < tiles.size(); ++at) tiles[at]->load(array.programs[at], array.memories[at]);
    for (hw::ClockedPe* tile : tiles) tile->launch();
    for (std::size_t cycle = 0; cycle < cycles; ++cycle)
      for (std::size_t at = 0; at < tiles.size(); ++at) {
        const Inputs& given = inputs[at];
        for (std::size_t drive = cycle == 0 ? 0 : given.until[cycle - 1]; drive < given.until[cycle]; ++drive)
          tiles[at]->drive(given.drives[drive].link, given.drives[drive].wires);
        tiles[at]->tick();
      }
  }
  count_cycles(state, in_all * static_cast<std::int64_t>(state.iterations()));
}

void launches(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"side", "gradient"})->Args({8, 0})->Args({8, 1})->Args({16, 0})->Args({16, 1});
}
BENCHMARK(tile_array)->Apply(launches);
BENCHMARK(bare_tiles)->Apply(launches);

}  // namespace
