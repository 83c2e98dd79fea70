#include "sw/kernels/softmax_setup.h"

#include "sw/kernels/block_memory.h"
#include "sw/kernels/program_builder.h"

namespace weft::sw {

using hw::Port;
using hw::SoftmaxColors;

SoftmaxSetup::SoftmaxSetup(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch)
    : KernelSetup({launch.block.columns(), launch.block.rows(), machine.pe.sram_bytes}),
      block_(launch.block),
      train_(launch.train) {
  check_room(machine, program_of(launch, 0, 0).words());
  for (int row = 0; row < array.height; ++row) {
    for (int column = 0; column < array.width; ++column) {
      const hw::SoftmaxProgram kernel = program_of(launch, row, column);
      hw::Program& program = array.program(column, row);
      ProgramBuilder builder(program);
      builder.begin_thread(0);
      for (const hw::Instruction& instruction : kernel.code()) builder.add(instruction);
      add_routes(program, row, column);
      hw::Sram& memory = array.memory(column, row);
      int at = kernel.constants_at();
      for (const std::uint32_t constant : kernel.constants()) {
        memory.write32(at, constant);
        at += 2;
      }
      for (int token = 0; token < block_.tokens_of(column); ++token)
        memory.write16(kernel.labels() + token,
                       launch.labels[static_cast<std::size_t>(block_.first_token(column) + token)]);
    }
  }
  for_each_element(block_, [&](int column, int row, int index, std::size_t at) {
    array.memory(column, row).write32(hw::SoftmaxProgram::logits + 2 * index, launch.logits[at]);
  });
}

hw::SoftmaxProgram SoftmaxSetup::program_of(const hw::ProgramLaunch& launch, int row, int column) const {
  hw::SoftmaxPe pe;
  pe.features = block_.features_of(row);
  pe.tokens = block_.tokens_of(column);
  pe.first_feature = block_.first_feature(row);
  pe.row = row;
  pe.rows = array.height;
  pe.column = column;
  pe.train = launch.train;
  pe.loss_scale = launch.loss_scale;
  return hw::SoftmaxProgram(pe);
}

void SoftmaxSetup::add_routes(hw::Program& program, int row, int column) const {
  const bool below = row + 1 < array.height;
  if (row > 0) {
    program.routes[SoftmaxColors::sums_of(row)] = {{Port::ramp, hw::port_set(Port::north)}};
    program.routes[SoftmaxColors::returned] = {
        {Port::north, below ? hw::port_set(Port::ramp, Port::south) : hw::port_set(Port::ramp)}};
    if (below) program.routes[SoftmaxColors::sums_of(row + 1)] = {{Port::south, hw::port_set(Port::ramp)}};
    return;
  }
  if (below) {
    program.routes[SoftmaxColors::sums_of(1)] = {{Port::south, hw::port_set(Port::ramp)}};
    program.routes[SoftmaxColors::returned] = {{Port::ramp, hw::port_set(Port::south)}};
  }
  program.routes[SoftmaxColors::totals_of(column)] = {{Port::ramp, hw::port_set(Port::east)}};
  if (column > 0) program.routes[SoftmaxColors::totals_of(column - 1)] = {{Port::west, hw::port_set(Port::ramp)}};
}

std::vector<std::uint32_t> SoftmaxSetup::results(const hw::ArrayRun& run) const {
  std::vector<std::uint32_t> results;
  for (const hw::TimedWavelet& total : run.edges[static_cast<std::size_t>(array.edge(Port::east, 0))].left)
    results.push_back(total.wavelet.data);
  if (train_) {
    for_each_element(block_, [&](int column, int row, int index, std::size_t) {
      const auto& memory = run.pes[static_cast<std::size_t>(row * array.width + column)].memory;
      const int deltas = hw::SoftmaxProgram::deltas(block_.features_of(row) * block_.tokens_of(column));
      results.push_back(memory[static_cast<std::size_t>(deltas + index)]);
    });
  }
  return results;
}

}  // namespace weft::sw
