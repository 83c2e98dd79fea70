// Is a damaged fabric program file always either an error or a set-up of PEs?
#include <catch2/catch.hpp>

#include "hw/spec/machine_file.h"
#include "sw/fabric/fabric_setup.h"
#include "tests/fuzz/mutations.h"
#include "tests/support/paths.h"
#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;

TEST_CASE("every damaged copy of a fabric program is an error or gives each PE a valid program") {
  const hw::MachineSpec machine = hw::load_machine("mini", weft::test::source_path("hw/machines"));
  const test::ScratchFolder folder;
  int refused = 0, read = 0;
  for (const char* name : {"reduce_tree", "edge_broadcast"}) {
    const test::Bytes good = test::read_bytes(weft::test::source_path("sw/fabric_programs/") + name + ".yaml");
    test::each_mutation(good, 50, 1000, [&](const test::Bytes& bytes) {
      test::write_bytes(folder / "file.yaml", bytes);
      try {
        const sw::FabricFile file = sw::read_fabric_file(folder / "file.yaml", {}, machine);
        const hw::ArraySetup setup = sw::build_array(file, machine);
        for (const hw::Program& program : setup.programs) hw::validate(program, machine);
        ++read;
      } catch (const UsageError&) {
        ++refused;
      }
    });
  }
  CHECK(refused > 500);
  CHECK(read > 50);
}
