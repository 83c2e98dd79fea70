// Question: do the shipped fabric programs give the same bits in the same cycles on tiles as on the model?
#include <catch2/catch.hpp>

#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "rtl/cosim/tile_array.h"
#include "sw/fabric/fabric_check.h"
#include "sw/fabric/fabric_setup.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

TEST_CASE("fabric programs on tiles and on the PE model: same result, same cycles, same slots") {
  const MachineSpec machine = load_machine(GENERATE("wse2", "wse3"), weft::test::source_path("hw/machines"));
  rtl::TileArray tiles(machine);
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"broadcast", {"P=2", "B=1"}},
      {"broadcast", {"P=9", "B=20"}},
      {"broadcast_2d", {"W=3", "H=4", "B=7"}},
      {"message", {"P=6", "B=9"}},
      {"reduce_chain", {"P=2", "B=1"}},
      {"reduce_chain", {"P=11", "B=13"}},
      {"reduce_star", {"P=2", "B=1"}},
      {"reduce_star", {"P=7", "B=1"}},
      {"reduce_star", {"P=6", "B=15"}},
      {"reduce_tree", {"P=4", "B=1"}},
      {"reduce_tree", {"P=13", "B=6"}},
      {"reduce_two_phase", {"P=6", "B=1", "S=2"}},
      {"reduce_two_phase", {"P=12", "B=9", "S=4"}},
      {"all_reduce", {"P=2", "B=3"}},
      {"all_reduce", {"P=10", "B=17"}},
      {"edge_broadcast", {"P=5", "B=30", "every=3"}},
      {"matvec", {"n=7", "T=2", "W=2", "H=2"}},
      {"matvec", {"n=1", "T=1"}},
      {"summa", {"P=1", "t=3"}},
      {"summa", {"P=2", "t=4"}},
      {"summa", {"P=4", "t=3"}},
      {"summa", {"P=3", "t=5"}},
      {"all_reduce_streams", {"W=1", "H=2", "B=1", "K=0"}},
      {"all_reduce_streams", {"W=3", "H=5", "B=6", "K=2"}},
      {"reduce_2d", {"W=2", "H=2", "B=1"}},
      {"reduce_2d", {"W=3", "H=5", "B=6"}},
      {"owners_in_turn", {"P=2", "B=1", "R=2"}},
      {"owners_in_turn", {"P=5", "B=4", "R=3"}},
      {"stencil_cell", {"W=3", "H=4", "T=5"}},
      {"stencil_7", {"W=3", "H=4", "Z=7", "T=4"}},
      {"stencil_7", {"W=2", "H=2", "Z=1", "T=2"}},
      {"gemm_shift", {"P=2", "t=4"}},
      {"gemm_shift", {"P=5", "t=6"}},
      {"stencil_tile", {"W=2", "H=3", "t=2", "T=3"}},
      {"stencil_tile", {"W=2", "H=2", "t=5", "T=2", "calls=2"}},
  };
  for (const auto& [program, sets] : cases) {
    const sw::FabricFile file =
        sw::read_fabric_file(weft::test::source_path("sw/fabric_programs/") + program + ".yaml", sets, machine);
    const ArraySetup setup = sw::build_array(file, machine);
    const ClockedRectangle all = tiles.rectangle(0, 0, setup.width, setup.height);
    const ArrayRun model = run_array(machine, setup, {true, nullptr, {}}),
                   rtl = run_array(machine, setup, {true, &all, {}});
    INFO(program << ' ' << sets.front() << '\n' << model.waiting);
    REQUIRE(model.finished);
    REQUIRE(rtl.finished);
    CHECK(model.end == rtl.end);
    CHECK(model.hops == rtl.hops);
    CHECK(model.edges == rtl.edges);
    for (std::size_t pe = 0; pe < model.pes.size(); ++pe) {
      CHECK(model.pes[pe].slots == rtl.pes[pe].slots);
      CHECK(model.pes[pe].memory == rtl.pes[pe].memory);
    }
    for (const sw::CheckRule& rule : file.checks) CHECK(sw::check(rule, file, setup, rtl).good());
  }
}
