// Is a damaged checkpoint always either refused or read as the very state that was written?
#include <catch2/catch.hpp>

#include "sw/checkpoint/checkpoint.h"
#include "tests/fuzz/mutations.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/training_state.h"
#include "tlm/base/error.h"

using namespace weft;

TEST_CASE("every damaged copy of a checkpoint is an error or the same state") {
  const test::ScratchFolder folder;
  const hw::OptimizerSpec adam = test::optimizer(hw::OptimizerKind::adam);
  const hw::TrainingState state = test::training_state(adam);
  const test::Bytes good = test::read_bytes(sw::write_checkpoint(folder.path(), state));
  int refused = 0, same = 0;
  test::each_mutation(good, 300, 1000, [&](const test::Bytes& bytes) {
    test::write_bytes(folder / "file.mdl", bytes);
    try {
      REQUIRE(test::same_bits(sw::read_checkpoint(folder / "file.mdl", test::two_layers(), adam), state));
      ++same;
    } catch (const UsageError&) {
      ++refused;
    }
  });
  CHECK(refused > 1500);
  CHECK(same > 0);   // damage to the unused rest of the seal
}
