// Question: do the Verilated tiles, the PE model and the recurrences of the fabric agree on bits and cycles?
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <random>

#include "hw/fabric/stream_reduce.h"
#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "rtl/cosim/tile_array.h"
#include "sw/kernels/matrix_setup.h"

using namespace weft;
using namespace weft::hw;

namespace {

const MachineSpec& mini() {
  static const MachineSpec machine = load_machine("mini", WEFT_SOURCE_DIR "/hw/machines");
  return machine;
}

struct Case {
  KernelKind kind;
  int inputs, outputs, tokens;
  Rectangle rectangle;
};

std::vector<std::uint16_t> random_halves(std::size_t count, std::mt19937& random) {
  std::vector<std::uint16_t> values(count);
  std::uniform_int_distribution<int> any(0, 0xffff), bits(0, 0x7ff);
  for (std::uint16_t& value : values)
    value = static_cast<std::uint16_t>(random() % 8 == 0 ? any(random) : 0x3800 + bits(random) + (random() % 2 << 15));
  return values;
}

struct Prepared {
  LaunchMap map;
  sw::MatrixSetup setup;
  std::vector<std::vector<std::int32_t>> edge;  ///< [rounds][chain]
};

Prepared prepare(const Case& c, std::uint32_t seed, bool late) {
  std::mt19937 random(seed);
  const LaunchMap map(c.kind, {"fc", c.inputs, c.outputs, false, 0}, c.rectangle, c.tokens);
  const auto sum = [](const std::vector<int>& counts) {
    std::size_t total = 0;
    for (const int count : counts) total += static_cast<std::size_t>(count);
    return total;
  };
  sw::MatrixValues values;
  const std::size_t lines = sum(map.wavelets), positions = sum(map.elements);
  values.stream = random_halves(static_cast<std::size_t>(map.rounds) * lines, random);
  values.resident = random_halves(lines * positions, random);
  Prepared prepared{map, sw::MatrixSetup(mini(), map, values), {}};
  Cycle base = 0;
  for (int round = 0; round < map.rounds && map.from_edge; ++round) {
    if (late) base += static_cast<Cycle>(random() % 60);
    prepared.edge.emplace_back();
    for (int line = 0; line < map.chain; ++line) {
      prepared.edge.back().push_back(static_cast<std::int32_t>(base + (late ? random() % 5 : 0)) - 1);
      prepared.setup.feed(line, round, prepared.edge.back().back() + 1);
    }
  }
  return prepared;
}

StreamReduce recurrence(const Prepared& p) {
  StreamReduceShape shape;
  shape.lines = p.map.lines;
  shape.chain = p.map.chain;
  shape.positions = p.map.positions;
  shape.wavelets = p.map.wavelets;
  shape.elements = p.map.elements;
  shape.lanes = mini().pe.lanes.fmac_mixed;
  StreamReduce engine(FabricTiming(mini()), shape);
  for (int round = 0; round < p.map.rounds; ++round) {
    StreamReduce::Source source;
    if (p.map.from_edge) {
      source.edge = p.edge[static_cast<std::size_t>(round)].data();
    } else {
      source.owner = p.map.owner_row(round);
    }
    engine.stream(0, 1 << 20, source);
    engine.open_reduction(nullptr);
    engine.reduce(0, engine.max_elements(), p.map.returns ? p.map.owner_row(round) : -1);
    engine.close_reduction(p.map.advances(round));
  }
  return engine;
}

}  // namespace

TEST_CASE("kernels on tiles and on the PE model: same bits, same cycles, same slots") {
  rtl::TileArray tiles(mini());
  int cases = 0, off = 0;
  for (const KernelKind kind : {KernelKind::matmul_forward, KernelKind::matmul_delta, KernelKind::matmul_gradient}) {
    for (const Case& c : {Case{kind, 3, 2, 4, {1, 1}}, Case{kind, 7, 1, 1, {1, 1}}, Case{kind, 1, 1, 7, {1, 1}},
                          Case{kind, 6, 5, 11, {1, 1}}, Case{kind, 5, 3, 4, {4, 3}}, Case{kind, 9, 13, 8, {3, 4}},
                          Case{kind, 2, 7, 6, {2, 4}}, Case{kind, 12, 3, 10, {4, 4}}, Case{kind, 17, 12, 9, {8, 8}}}) {
      for (std::uint32_t seed = 1; seed <= 4; ++seed) {
        const Prepared p = prepare(c, seed, seed % 2 == 0);
        const ArrayRun model = run_array(mini(), p.setup.array, {true, nullptr, {}});
        const int width = p.setup.array.width, height = p.setup.array.height;
        const ClockedRectangle all = tiles.rectangle(0, 0, width, height);
        const ArrayRun rtl = run_array(mini(), p.setup.array, {true, &all, {}});
        INFO("kernel " << static_cast<int>(kind) << ' ' << c.inputs << 'x' << c.outputs << 'x' << c.tokens << " on "
                       << c.rectangle.width << 'x' << c.rectangle.height << " seed " << seed << '\n'
                       << model.waiting);
        REQUIRE(model.finished);
        REQUIRE(rtl.finished);
        CHECK(model.end == rtl.end);
        CHECK(model.hops == rtl.hops);
        CHECK(model.edges == rtl.edges);
        for (std::size_t pe = 0; pe < model.pes.size(); ++pe) {
          CHECK(model.pes[pe].slots == rtl.pes[pe].slots);
          CHECK(model.pes[pe].end == rtl.pes[pe].end);
          CHECK(model.pes[pe].memory == rtl.pes[pe].memory);
        }
        // Tiles in the midst of modelled PEs, one column and one row from the rim where there is one.
        const ClockedRectangle some =
            tiles.rectangle(width > 2 ? 1 : 0, height > 2 ? 1 : 0, std::max(1, width - 2), std::max(1, height - 2));
        const ArrayRun mixed = run_array(mini(), p.setup.array, {true, &some, {}});
        CHECK(mixed.end == rtl.end);
        CHECK(mixed.edges == rtl.edges);
        for (std::size_t pe = 0; pe < model.pes.size(); ++pe) {
          CHECK(mixed.pes[pe].slots == rtl.pes[pe].slots);
          CHECK(mixed.pes[pe].memory == rtl.pes[pe].memory);
        }
        const StreamReduce engine = recurrence(p);
        ++cases;
        Cycle end = 0;
        for (int line = 0; line < p.map.lines; ++line)
          for (int position = 0; position < p.map.positions; ++position)
            end = std::max(end, engine.pe(line, position).end);
        // The recurrences know one sender per link; the ramp into a core is shared by up to three colors.
        const bool single = p.setup.array.pes() == 1;
        CHECK(std::abs(end - rtl.end) <= (single ? 0 : std::max<Cycle>(2, rtl.end / 50)));
        if (end != rtl.end) {
          ++off;
          fmt::print("kernel {} {}x{}x{} on {}x{} seed {}: recurrence {} tiles {}\n", static_cast<int>(kind), c.inputs,
                     c.outputs, c.tokens, c.rectangle.width, c.rectangle.height, seed, end, rtl.end);
        }
      }
    }
  }
  fmt::print("{} of {} cases off\n", off, cases);
}
