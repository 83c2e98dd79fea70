#include "sw/kernels/vector_setup.h"

#include <numeric>

#include "sw/kernels/matrix_colors.h"
#include "sw/kernels/program_builder.h"

namespace weft::sw {

namespace {

std::uint16_t as_word(int value) { return static_cast<std::uint16_t>(value); }

}  // namespace

VectorSetup::VectorSetup(const hw::MachineSpec& machine, const hw::LaunchMap& map,
                         const std::vector<std::uint16_t>& stream, const std::vector<std::int32_t>& edge)
    : KernelSetup({map.positions, map.chain, machine.pe.sram_bytes}), map_(map) {
  check_room(machine, std::int64_t{map.rounds} * features_of(0));
  for (int row = 0; row < map.chain; ++row) {
    for (int column = 0; column < map.positions; ++column) add_program(array.program(column, row), row, column);
    feed(row, stream, edge);
  }
}

void VectorSetup::add_program(hw::Program& program, int row, int column) const {
  ProgramBuilder builder(program);
  builder.begin_thread(0);
  hw::Instruction take;
  take.opcode = hw::Opcode::list16;
  take.fabric_in = static_cast<std::uint8_t>(MatrixColors::stream);
  take.count = as_word(features_of(row));
  for (int round = 0; round < map_.rounds; ++round) {
    take.a = as_word(round * features_of(row));
    builder.add(take);
  }
  builder.halt();
  program.routes[MatrixColors::stream] = stream_route(map_, column);
}

void VectorSetup::feed(int row, const std::vector<std::uint16_t>& stream, const std::vector<std::int32_t>& edge) {
  auto& source = array.edges[static_cast<std::size_t>(array.edge(hw::Port::west, row))].source;
  const int all = std::accumulate(map_.wavelets.begin(), map_.wavelets.end(), 0),
            first = map_.stream_firsts()[static_cast<std::size_t>(row)];
  for (int round = 0; round < map_.rounds; ++round) {
    Cycle at = edge[static_cast<std::size_t>(round * map_.chain + row)];
    for (int feature = 0; feature < features_of(row); ++feature)
      source.push_back({++at, hw::scalar_wavelet(MatrixColors::stream, as_word(feature),
                                                 stream[static_cast<std::size_t>(round * all + first + feature)])});
    source.push_back({++at, hw::control_wavelet(MatrixColors::stream)});
  }
}

std::vector<std::uint32_t> VectorSetup::results(const hw::ArrayRun& run) const {
  std::vector<std::uint32_t> results;
  for (int column = 0; column < map_.positions; ++column)
    for (int round = 0; round < map_.rounds; ++round)
      for (int row = 0; row < map_.chain; ++row)
        for (int feature = 0; feature < features_of(row); ++feature)
          results.push_back(run.pes[static_cast<std::size_t>(row * array.width + column)]
                                .memory[static_cast<std::size_t>(round * features_of(row) + feature)]);
  return results;
}

}  // namespace weft::sw
