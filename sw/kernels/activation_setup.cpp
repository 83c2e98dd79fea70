#include "sw/kernels/activation_setup.h"

#include "sw/kernels/block_memory.h"
#include "sw/kernels/program_builder.h"

namespace weft::sw {

using hw::Instruction;
using hw::Opcode;

namespace {

// What is worked on stands at 0, the activation of a backward pass behind it, in other banks: two words off a multiple
// of four are never a clash.
int second_operand(int words) { return (words + 3) / 4 * 4 + 2; }

}  // namespace

ActivationSetup::ActivationSetup(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch)
    : KernelSetup({launch.block.columns(), launch.block.rows(), machine.pe.sram_bytes}), block_(launch.block) {
  const bool backward = launch.kind == hw::KernelKind::activation_backward;
  const int most = block_.features_of(0) * block_.tokens_of(0), second = second_operand(most);
  check_room(machine, backward ? second + most : most);
  for (int row = 0; row < array.height; ++row) {
    for (int column = 0; column < array.width; ++column) {
      Instruction relu;
      relu.opcode = backward ? Opcode::relu_back16 : Opcode::relu16;
      relu.count = static_cast<std::uint16_t>(block_.features_of(row) * block_.tokens_of(column));
      if (backward) relu.b = static_cast<std::uint16_t>(second);
      ProgramBuilder builder(array.program(column, row));
      builder.begin_thread(0);
      builder.add(relu);
      builder.halt();
    }
  }
  write_block(block_, backward ? launch.stream : launch.resident, 0, array);
  if (backward) write_block(block_, launch.resident, second, array);
}

std::vector<std::uint32_t> ActivationSetup::results(const hw::ArrayRun& run) const {
  return read_block(block_, 0, array.width, run);
}

}  // namespace weft::sw
