// Question: do switches of one to four positions, rings and others, take every wavelet the way that a count of the
// control wavelets before it says, in the model and in the tile, in the same cycles?
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <random>

#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "rtl/cosim/tile_array.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

namespace {

/// One PE without a program, whose colors have random routes from link to link, and what its edges send: each wavelet
/// is due at its color's switch, so that none waits for good.
class RandomSwitches {
 public:
  RandomSwitches(std::uint32_t seed, const MachineSpec& machine)
      : setup(1, 1, machine.pe.sram_bytes), random_(seed), colors_(machine.router.colors) {
    std::array<std::vector<Wavelet>, link_count> sources;
    for (int color = 0; color < colors_; ++color) route(color);
    for (int number = 0; number < 150; ++number) send(below(colors_), sources);
    for (int link = 0; link < link_count; ++link) {
      ArrayEdge& edge = setup.edges[static_cast<std::size_t>(setup.edge(static_cast<Port>(link), 0))];
      for (const Wavelet& wavelet : sources[static_cast<std::size_t>(link)])
        edge.source.push_back({random_() % 6 == 0 ? below(300) : 0, wavelet});
      for (int color = 0; color < colors_; ++color)
        for (Cycle at = 0; edge.sink[color].size() < 150;) edge.sink[color].push_back(at += below(3));
    }
  }

  ArraySetup setup;
  /// By link and color: what leaves there, in order.
  std::array<std::map<int, std::vector<Wavelet>>, link_count> leaves;
  int turns = 0;   ///< from a last position to the first
  int stayed = 0;  ///< in a last position that a control wavelet would have moved

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  void route(int color) {
    Route& route = setup.program(0, 0).routes[color];
    route.ring = random_() % 2;
    for (int positions = 1 + below(switch_positions); positions > 0; --positions)
      route.push_back({static_cast<Port>(below(link_count)), static_cast<PortSet>(random_() % (1U << link_count))});
    // All of one color come from one side: the order of what comes from two is the edges' business.
    for (RoutePosition& position : route) position.receive = route.front().receive;
    at_.push_back(0);
  }

  void send(int color, std::array<std::vector<Wavelet>, link_count>& sources) {
    const Route& route = setup.program(0, 0).routes[color];
    std::size_t& at = at_[static_cast<std::size_t>(color)];
    Wavelet wavelet{static_cast<std::uint32_t>(random_()), static_cast<std::uint8_t>(color), false};
    if (random_() % 3 == 0) wavelet = control_wavelet(color, static_cast<std::uint16_t>(below(4)), random_() % 2);
    sources[static_cast<std::size_t>(route[at].receive)].push_back(wavelet);
    const std::uint32_t moves = wavelet.control ? wavelet.data & control_advance_mask : 0;
    const bool ends = wavelet.control && (wavelet.data & control_silent_bit) != 0 && moves <= 1;
    if (moves > 0) --wavelet.data;
    for (std::size_t link = 0; link < link_count && !ends; ++link)
      if (route[at].transmit >> link & 1) leaves[link][color].push_back(wavelet);
    if (moves == 0) return;
    if (at + 1 < route.size()) {
      ++at;
    } else if (route.ring) {
      at = 0;
      turns += route.size() > 1;
    } else {
      ++stayed;
    }
  }

  std::mt19937 random_;
  int colors_;
  std::vector<std::size_t> at_;  ///< position, by color
};

}  // namespace

TEST_CASE("switches that stay and switches in ring mode: every wavelet goes the way that those before it have set") {
  const MachineSpec machine = load_machine(GENERATE("wse2", "wse3"), weft::test::source_path("hw/machines"));
  rtl::TileArray tiles(machine);
  const ClockedRectangle tile = tiles.rectangle(0, 0, 1, 1);
  int turns = 0, stayed = 0;
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    const RandomSwitches random(seed, machine);
    const ArrayRun model = run_array(machine, random.setup), rtl = run_array(machine, random.setup, {false, &tile, {}});
    INFO("seed " << seed << '\n' << model.waiting << rtl.waiting);
    REQUIRE(model.finished);
    REQUIRE(rtl.finished);
    REQUIRE(model.edges == rtl.edges);
    for (int link = 0; link < link_count; ++link) {
      std::map<int, std::vector<Wavelet>> left;
      for (const TimedWavelet& timed :
           model.edges[static_cast<std::size_t>(random.setup.edge(static_cast<Port>(link), 0))].left)
        left[timed.wavelet.color].push_back(timed.wavelet);
      REQUIRE(left == random.leaves[static_cast<std::size_t>(link)]);
    }
    turns += random.turns;
    stayed += random.stayed;
  }
  CHECK(turns > 200);
  CHECK(stayed > 200);
}

TEST_CASE("a switch in ring mode takes its sources in turn") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  rtl::TileArray tiles(machine);
  const ClockedRectangle tile = tiles.rectangle(0, 0, 1, 1);
  for (const bool ring : {true, false}) {
    ArraySetup setup(1, 1, machine.pe.sram_bytes);
    Route& route = setup.program(0, 0).routes[7];
    route = {{Port::west, port_set(Port::south)}, {Port::north, port_set(Port::south)}};
    route.ring = ring;
    // Each closes its word with a control wavelet that moves this switch and ends here.
    for (const Port side : {Port::west, Port::north})
      for (std::uint32_t word = 0; word < 5; ++word) {
        auto& source = setup.edges[static_cast<std::size_t>(setup.edge(side, 0))].source;
        source.push_back({0, {10 * static_cast<std::uint32_t>(side) + word, 7, false}});
        source.push_back({0, control_wavelet(7, 1, true)});
      }
    std::vector<std::uint32_t> came;
    for (const ClockedRectangle* clocked : {static_cast<const ClockedRectangle*>(nullptr), &tile}) {
      const ArrayRun run = run_array(machine, setup, {false, clocked, {}});
      CHECK(run.finished == ring);
      came.clear();
      for (const TimedWavelet& timed : run.edges[static_cast<std::size_t>(setup.edge(Port::south, 0))].left)
        came.push_back(timed.wavelet.data);
      // Else what comes from the west fills its queue and waits for good.
      CHECK(came == (ring ? std::vector<std::uint32_t>{30, 0, 31, 1, 32, 2, 33, 3, 34, 4}
                          : std::vector<std::uint32_t>{30, 0, 1, 2, 3, 4}));
    }
  }
}
