#include "sw/kernels/line_setup.h"

#include "sw/kernels/block_memory.h"
#include "sw/kernels/program_builder.h"

namespace weft::sw {

using hw::LineFormat;
using hw::LineMeeting;
using hw::Port;

namespace {

/// `row` of `rows`.
void add_routes(hw::Program& program, const hw::Instruction& instruction, int row, int rows) {
  const auto at_end = [&](Port from, Port to) {
    if (instruction.fabric_out) program.routes[*instruction.fabric_out] = {{Port::ramp, hw::port_set(to)}};
    if (instruction.fabric_in) program.routes[*instruction.fabric_in] = {{from, hw::port_set(Port::ramp)}};
  };
  switch (hw::meeting_of(instruction)) {
    case LineMeeting::up:
      return at_end(Port::south, Port::north);
    case LineMeeting::east:
      return at_end(Port::west, Port::east);
    case LineMeeting::down:
      at_end(Port::north, Port::south);
      if (row > 0 && row + 1 < rows)
        program.routes[*instruction.fabric_in] = {{Port::north, hw::port_set(Port::ramp, Port::south)}};
      return;
  }
}

}  // namespace

LineSetup::LineSetup(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch)
    : KernelSetup({launch.block.columns(), launch.block.rows(), machine.pe.sram_bytes}), block_(launch.block) {
  hw::LinePrograms programs(launch);
  check_room(machine, programs.of(0, 0).words());
  for (const hw::LineOperand& operand : programs.of(0, 0).writes)
    written_.push_back({hw::words_of(operand.format) == 2, operand.format == LineFormat::of_heads, {}});
  for (int row = 0; row < array.height; ++row)
    for (int column = 0; column < array.width; ++column) {
      add_program(programs.of(row, column), row, column);
      programs.each_word(row, column,
                         [&](int word, std::uint32_t bits) { array.memory(column, row).write32(word, bits); });
      for (std::size_t operand = 0; operand < programs.of(row, column).writes.size(); ++operand)
        written_[operand].address.push_back(programs.of(row, column).writes[operand].address);
    }
  place_operands(programs, launch);
}

void LineSetup::add_program(const hw::LineProgram& line, int row, int column) {
  hw::Program& program = array.program(column, row);
  ProgramBuilder builder(program);
  builder.begin_thread(0);
  for (const hw::Instruction& instruction : line.code) {
    builder.add(instruction);
    if (hw::meets(instruction)) add_routes(program, instruction, row, array.height);
  }
}

void LineSetup::place_operands(hw::LinePrograms& programs, const hw::ProgramLaunch& launch) {
  const std::size_t count = programs.of(0, 0).reads.size();
  for (std::size_t operand = 0; operand < count; ++operand) {
    const std::vector<std::uint32_t>& values = launch.operands[operand];
    if (programs.of(0, 0).reads[operand].format == LineFormat::label) {
      for (int row = 0; row < array.height; ++row)
        for (int column = 0; column < array.width; ++column)
          for (int token = 0; token < block_.tokens_of(column); ++token)
            array.memory(column, row)
                .write16(
                    programs.of(row, column).reads[operand].address + token,
                    static_cast<std::uint16_t>(values[static_cast<std::size_t>(block_.first_token(column) + token)]));
      continue;
    }
    if (programs.of(0, 0).reads[operand].format == LineFormat::feature) {
      for (int row = 0; row < array.height; ++row)
        for (int column = 0; column < array.width; ++column)
          for (int feature = 0; feature < block_.features_of(row); ++feature)
            array.memory(column, row)
                .write16(
                    programs.of(row, column).reads[operand].address + feature,
                    static_cast<std::uint16_t>(values[static_cast<std::size_t>(block_.first_feature(row) + feature)]));
      continue;
    }
    if (programs.of(0, 0).reads[operand].format == LineFormat::windows) {
      place_windows(programs, operand, values);
      continue;
    }
    if (programs.of(0, 0).reads[operand].format == LineFormat::of_heads) {
      for_each_of_heads([&](int column, int index, std::size_t at) {
        array.memory(column, 0).write32(programs.of(0, column).reads[operand].address + 2 * index, values[at]);
      });
      continue;
    }
    for_each_element(block_, [&](int column, int row, int index, std::size_t at) {
      const hw::LineOperand& place = programs.of(row, column).reads[operand];
      hw::Sram& memory = array.memory(column, row);
      if (place.format == LineFormat::fp32) {
        memory.write32(place.address + 2 * index, values[at]);
      } else {
        memory.write16(place.address + index, static_cast<std::uint16_t>(values[at]));
      }
    });
  }
}

void LineSetup::place_windows(hw::LinePrograms& programs, std::size_t operand,
                              const std::vector<std::uint32_t>& values) {
  std::vector<int> stored(static_cast<std::size_t>(array.width * array.height));  // of each PE
  for_each_element(block_, [&](int column, int row, int index, std::size_t at) {
    const int feature = index / block_.tokens_of(column);
    if (!programs.windows(row, column)[static_cast<std::size_t>(feature)].has(index)) return;
    int& before = stored[static_cast<std::size_t>(row * array.width + column)];
    array.memory(column, row).write32(programs.of(row, column).reads[operand].address + 2 * before++, values[at]);
  });
}

std::vector<std::uint32_t> LineSetup::results(const hw::ArrayRun& run) const {
  std::vector<std::uint32_t> results;
  for (int row = 0; row < array.height; ++row)
    for (const hw::TimedWavelet& total : run.edges[static_cast<std::size_t>(array.edge(Port::east, row))].left)
      results.push_back(total.wavelet.data);
  for (const Written& operand : written_) {
    if (operand.of_heads) {
      for_each_of_heads([&](int column, int index, std::size_t) {
        const auto pe = static_cast<std::size_t>(column);
        results.push_back(run.pes[pe].memory.read32(operand.address[pe] + 2 * index));
      });
      continue;
    }
    for_each_element(block_, [&](int column, int row, int index, std::size_t) {
      const auto pe = static_cast<std::size_t>(row * array.width + column);
      const hw::Sram& memory = run.pes[pe].memory;
      const int at = operand.address[pe];
      results.push_back(operand.fp32 ? memory.read32(at + 2 * index) : memory.read16(at + index));
    });
  }
  return results;
}

}  // namespace weft::sw
