#include "sw/kernels/activation_setup.h"

#include "hw/pe/special_functions.h"
#include "hw/pe/vector_operations.h"
#include "sw/kernels/block_memory.h"
#include "sw/kernels/program_builder.h"

namespace weft::sw {

using hw::DropoutMix;
using hw::Instruction;
using hw::Opcode;
using hw::other_banks;

namespace {

std::uint16_t word(int value) { return static_cast<std::uint16_t>(value); }

/// Words behind the first scalar.
constexpr int origin_word = 0, first_factor_word = 2, last_factor_word = 4, threshold_word = 6, scale_word = 8,
              scalar_words = 9;

Instruction vector(Opcode opcode, int a, int count) {
  Instruction instruction;
  instruction.opcode = opcode;
  instruction.a = word(a);
  instruction.count = word(count);
  return instruction;
}

}  // namespace

ActivationSetup::ActivationSetup(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch)
    : KernelSetup({launch.block.columns(), launch.block.rows(), machine.pe.sram_bytes}),
      block_(launch.block),
      dropout_(launch.dropout) {
  const bool backward = hw::kernel_of(launch.kind).role == hw::KernelRole::delta, drops = dropout_.probability > 0;
  const int most = block_.features_of(0) * block_.tokens_of(0);
  second_ = other_banks(most);
  bits_ = backward ? other_banks(second_ + most) : second_;
  scalars_ = bits_ + (drops && !backward ? 2 * block_.tokens_of(0) : 0);
  check_room(machine, scalars_ + (drops ? scalar_words : 0));
  for (int row = 0; row < array.height; ++row) {
    for (int column = 0; column < array.width; ++column) {
      add_program(array.program(column, row), backward, block_.features_of(row), block_.tokens_of(column));
      if (drops) place_scalars(array.memory(column, row), row, column);
    }
  }
  write_block(block_, backward ? launch.stream : launch.resident, 0, array);
  if (backward) write_block(block_, launch.resident, second_, array);
}

void ActivationSetup::add_program(hw::Program& program, bool backward, int features, int tokens) const {
  ProgramBuilder builder(program);
  builder.begin_thread(0);
  const auto add = [&](Instruction instruction, int b, int scalar) {
    instruction.b = word(b);
    instruction.c = word(scalar);
    builder.add(instruction);
  };
  const auto shift = [&](int bits) {
    Instruction instruction = vector(Opcode::xor_shift32, bits_, tokens);
    instruction.row_stride = word(bits);
    builder.add(instruction);
  };
  const auto multiply = [&](int scalar) { add(vector(Opcode::mul_int32, bits_, tokens), 0, scalars_ + scalar); };
  const int elements = features * tokens;
  if (backward) {
    add(vector(Opcode::relu_back16, 0, elements), second_, 0);
  } else {
    builder.add(vector(Opcode::relu16, 0, elements));
  }
  if (dropout_.probability > 0) add(vector(Opcode::scale16, 0, elements), 0, scalars_ + scale_word);
  if (dropout_.probability > 0 && !backward) {
    const int first = builder.here();
    Instruction count = vector(Opcode::count32, bits_, tokens);
    count.element_stride = DropoutMix::sample_step;
    count.row_stride = DropoutMix::feature_step;
    add(count, 0, scalars_ + origin_word);
    shift(DropoutMix::first_shift);
    multiply(first_factor_word);
    shift(DropoutMix::second_shift);
    multiply(last_factor_word);
    shift(DropoutMix::last_shift);
    add(vector(Opcode::zero_below16, 0, tokens), bits_, scalars_ + threshold_word);
    builder.loop(first, features, 0);
  }
  builder.halt();
}

void ActivationSetup::place_scalars(hw::Sram& memory, int row, int column) const {
  const auto feature = static_cast<std::uint32_t>(block_.first_feature(row));
  const auto sample = dropout_.first_sample + static_cast<std::uint32_t>(block_.first_token(column));
  memory.write32(scalars_ + origin_word, DropoutMix::counter(dropout_.key, feature, sample));
  memory.write32(scalars_ + first_factor_word, DropoutMix::first_factor(dropout_.key));
  memory.write32(scalars_ + last_factor_word, DropoutMix::last_factor);
  memory.write32(scalars_ + threshold_word, hw::dropout_threshold(dropout_.probability));
  memory.write16(scalars_ + scale_word, float_to_half(hw::dropout_scale(dropout_.probability)));
}

std::vector<std::uint32_t> ActivationSetup::results(const hw::ArrayRun& run) const {
  return read_block(block_, 0, array.width, run);
}

}  // namespace weft::sw
