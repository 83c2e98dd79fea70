// Any bytes as a checkpoint: to go on from, and for its weights alone.
#include "sw/checkpoint/checkpoint.h"

#include "tests/fuzz/targets/target.h"
#include "tests/support/training_state.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  const hw::OptimizerSpec adam = test::optimizer(hw::OptimizerKind::adam);
  const test::MemoryFile file(data, size);
  test::attempt([&] { sw::read_checkpoint(file.path(), test::two_layers(), adam); });
  return test::attempt([&] {
    hw::TrainingState state = test::training_state(adam);
    sw::read_weights(file.path(), state);
  });
}
