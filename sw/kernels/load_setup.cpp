#include "sw/kernels/load_setup.h"

#include <algorithm>

#include "sw/kernels/block_memory.h"
#include "sw/kernels/matrix_colors.h"
#include "sw/kernels/program_builder.h"

namespace weft::sw {

using hw::Instruction;
using hw::Port;

namespace {

// Two halves or labels a word, the first one low; the last word may be half empty.
void append_pairs(const std::vector<std::uint16_t>& values, std::vector<std::uint32_t>& words) {
  for (std::size_t at = 0; at < values.size(); at += 2)
    words.push_back(values[at] | (at + 1 < values.size() ? std::uint32_t{values[at + 1]} << 16 : 0));
}

hw::LoadShape load_shape(const hw::ProgramLaunch& launch) {
  return {launch.block.features, launch.outputs, hw::kernel_of(launch.kind).every_row};
}

}  // namespace

LoadSetup::LoadSetup(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch)
    : KernelSetup(
          {launch.block.columns(), load_shape(launch).rows(launch.block.rectangle.height), machine.pe.sram_bytes}),
      block_(launch.block),
      shape_(load_shape(launch)),
      label_address_(2 * sample_words(0, 0)) {
  check_room(machine, label_address_ + 2 * label_words(0, 0));
  for (int row = 0; row < array.height; ++row) {
    auto& source = array.edges[static_cast<std::size_t>(array.edge(Port::west, row))].source;
    Cycle at = launch.edge[static_cast<std::size_t>(row)];
    for (int column = 0; column < array.width; ++column) {
      add_program(array.program(column, row), row, column);
      for (const std::uint32_t word : words_of(launch, row, column))
        source.push_back({++at, {word, static_cast<std::uint8_t>(MatrixColors::stream), false}});
      source.push_back({++at, hw::control_wavelet(MatrixColors::stream, to_last_switch, true)});
    }
  }
}

int LoadSetup::sample_words(int row, int column) const {
  return static_cast<int>(hw::pair_words(std::int64_t{features_of(row)} * block_.tokens_of(column)));
}

int LoadSetup::label_words(int row, int column) const {
  return shape_.takes_labels(block_.rectangle.height, row) ? static_cast<int>(hw::pair_words(block_.tokens_of(column)))
                                                           : 0;
}

std::vector<std::uint32_t> LoadSetup::words_of(const hw::ProgramLaunch& launch, int row, int column) const {
  const int tokens = block_.tokens_of(column), first = block_.first_token(column);
  const int first_feature = shape_.every_row ? 0 : block_.first_feature(row);
  std::vector<std::uint16_t> samples, labels;
  for (int feature = first_feature; feature < first_feature + features_of(row); ++feature)
    for (int token = 0; token < tokens; ++token)
      samples.push_back(launch.stream[static_cast<std::size_t>((first + token) * block_.features + feature)]);
  if (label_words(row, column) > 0)
    labels.assign(launch.labels.begin() + first, launch.labels.begin() + first + tokens);
  std::vector<std::uint32_t> words;
  append_pairs(samples, words);
  append_pairs(labels, words);
  return words;
}

void LoadSetup::add_program(hw::Program& program, int row, int column) const {
  ProgramBuilder builder(program);
  builder.begin_thread(0);
  const auto store = [&](int address, int words) {
    if (words == 0) return;
    Instruction instruction;
    instruction.opcode = hw::Opcode::store32;
    instruction.fabric_in = static_cast<std::uint8_t>(MatrixColors::stream);
    instruction.a = static_cast<std::uint16_t>(address);
    instruction.count = static_cast<std::uint16_t>(words);
    builder.add(instruction);
  };
  store(0, sample_words(row, column));
  store(label_address_, label_words(row, column));
  builder.halt();
  hw::Route& route = program.routes[MatrixColors::stream];
  route = {{Port::west, hw::port_set(Port::ramp)}};
  if (column + 1 < array.width) route.push_back({Port::west, hw::port_set(Port::east)});
}

std::vector<std::uint32_t> LoadSetup::results(const hw::ArrayRun& run) const {
  std::vector<std::uint32_t> results;
  if (!shape_.every_row) results = read_block(block_, 0, array.width, run);
  // [rows][elements][tokens], of what every row has.
  const auto append = [&](int row, int address, int elements) {
    for (int element = 0; element < elements; ++element)
      for (int column = 0; column < array.width; ++column) {
        const int tokens = block_.tokens_of(column);
        const auto& memory = run.pes[static_cast<std::size_t>(row * array.width + column)].memory;
        for (int token = 0; token < tokens; ++token)
          results.push_back(memory[static_cast<std::size_t>(address + element * tokens + token)]);
      }
  };
  for (int row = 0; shape_.every_row && row < array.height; ++row) append(row, 0, shape_.features);
  for (int row = 0; row < array.height; ++row)
    if (shape_.takes_labels(block_.rectangle.height, row)) append(row, label_address_, 1);
  return results;
}

}  // namespace weft::sw
