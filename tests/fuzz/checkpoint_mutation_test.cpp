// Is a damaged checkpoint always either refused or read as the very state that was written?
#include <catch2/catch.hpp>

#include "sw/checkpoint/checkpoint.h"
#include "sw/checkpoint/sealed_file.h"
#include "tests/fuzz/mutations.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/training_state.h"
#include "tlm/base/error.h"

using namespace weft;

static const sw::CheckpointIdentity identity{
    "0123456789abcdef", "weft 1", "here", {{"runconfig.seed", "7"}}, hw::DataPosition{3, 40}};

// Read by AddressSanitizer: HDF5 asks for the sizes that a damaged file states and takes the refusal as an error.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

TEST_CASE("every damaged copy of a checkpoint is an error or the same state") {
  const test::ScratchFolder folder;
  const hw::OptimizerSpec adam = test::optimizer(hw::OptimizerKind::adam);
  const hw::TrainingState state = test::training_state(adam);
  const test::Bytes good = test::read_bytes(sw::write_checkpoint(folder.path(), state, identity));
  int refused = 0, same = 0;
  test::each_mutation(good, 300, 1000, [&](const test::Bytes& bytes) {
    test::write_bytes(folder / "file.mdl", bytes);
    try {
      const hw::TrainingState read = sw::read_checkpoint(folder / "file.mdl", test::two_layers(), adam);
      REQUIRE(test::same_bits(read, state));
      ++same;
    } catch (const UsageError&) {
      ++refused;
    }
  });
  CHECK(refused > 1500);
  CHECK(same > 0);  // damage to the unused rest of the seal
}

TEST_CASE("a damaged checkpoint without a seal is an error or a state of the right shapes") {
  const test::ScratchFolder folder;
  const hw::OptimizerSpec adam = test::optimizer(hw::OptimizerKind::adam);
  const hw::TrainingState state = test::training_state(adam);
  const test::Bytes good = sw::read_sealed(sw::write_checkpoint(folder.path(), state, identity));
  int refused = 0, read = 0;
  test::each_mutation(good, 100, 300, [&](const test::Bytes& bytes) {
    test::write_bytes(folder / "file.mdl", bytes);
    try {
      const hw::TrainingState other = sw::read_checkpoint(folder / "file.mdl", test::two_layers(), adam);
      REQUIRE(hw::pack_layer(other.layers[0]).size() == hw::pack_layer(state.layers[0]).size());
      ++read;
    } catch (const UsageError&) {
      ++refused;
    }
  });
  CHECK(refused > 200);
  CHECK(read > 0);
}
