// Question: does the array that SystemVerilog joins do, wavelet by wavelet and cycle by cycle, what tiles joined in C++
// do?
#include <catch2/catch.hpp>

#include "hw/pe/array_model.h"
#include "hw/spec/kernel_table.h"
#include "hw/spec/machine_file.h"
#include "rtl/cosim/sv_array.h"
#include "rtl/cosim/tile_array.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/cosim/placed_program.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

namespace {

class Both {
 public:
  void equal(const ArraySetup& setup) {
    REQUIRE(setup.width == rtl::SvArray::width);
    REQUIRE(setup.height == rtl::SvArray::height);
    const ClockedRectangle joined = tiles_.rectangle(0, 0, setup.width, setup.height), array = array_.rectangle();
    const ArrayRun a = run_array(machine, setup, {true, &joined, {}}),
                   b = run_array(machine, setup, {true, &array, {}});
    INFO(a.waiting << b.waiting);
    REQUIRE(a.finished);
    REQUIRE(b.finished);
    CHECK(a.end == b.end);
    CHECK(a.edges == b.edges);
    for (std::size_t pe = 0; pe < a.pes.size(); ++pe) {
      CHECK(a.pes[pe].slots == b.pes[pe].slots);
      CHECK(a.pes[pe].sent == b.pes[pe].sent);
      CHECK(a.pes[pe].end == b.pes[pe].end);
      CHECK(a.pes[pe].memory == b.pes[pe].memory);
    }
    hops += b.hops;
  }

  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  std::int64_t hops = 0;

 private:
  rtl::TileArray tiles_{machine};
  rtl::SvArray array_;
};

}  // namespace

TEST_CASE("random programs in two corners, their ways through the others: joined tiles and array are equal") {
  Both both;
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    ArraySetup setup(2, 2, both.machine.pe.sram_bytes);
    const bool mirrored = seed % 2 != 0;
    test::place(test::RandomProgram(2 * seed, both.machine.pe.sram_bytes).setup(), setup, mirrored ? 1 : 0, 0, 0);
    test::place(test::RandomProgram(2 * seed + 1, both.machine.pe.sram_bytes).setup(), setup, mirrored ? 0 : 1, 1, 10);
    both.equal(setup);
  }
  CHECK(both.hops > 1000);
}

TEST_CASE("a launch of each kernel: joined tiles and array are equal") {
  Both both;
  for (const KernelKind kind : sw::program_kernels()) {
    INFO(kernel_name(kind));
    const int outputs = kernel_of(kind).by_pairs ? 8 : 7;  // a pair of features is never cut
    sw::CrossCase c{kind, 5, outputs, 6, {2, 2}, sw::Stalls::wavelets, 3};
    both.equal(sw::prepare(both.machine, c).setup->array);
  }
}
