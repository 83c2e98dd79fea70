#include "sw/kernels/kernel_setup.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/pe/arithmetic.h"
#include "sw/kernels/line_setup.h"
#include "sw/kernels/load_setup.h"
#include "sw/kernels/matrix_setup.h"
#include "sw/kernels/outer_setup.h"
#include "sw/kernels/vector_setup.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

std::unique_ptr<KernelSetup> set_up_programs(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch) {
  const hw::Kernel& kernel = hw::kernel_of(launch.kind);
  switch (kernel.form) {
    case hw::KernelForm::line:
      return std::make_unique<LineSetup>(machine, launch);
    case hw::KernelForm::load:
      return std::make_unique<LoadSetup>(machine, launch);
    case hw::KernelForm::stream:
      break;
  }
  const hw::LaunchMap& map = *launch.map;
  if (map.stores) return std::make_unique<VectorSetup>(machine, map, launch.stream, launch.edge);
  if (!map.reduces) return std::make_unique<OuterSetup>(machine, map, launch.stream, launch.resident, launch.sums);
  const auto keeps = [&launch](int round, int place) { return launch.keeps(round, place); };
  auto setup = std::make_unique<MatrixSetup>(machine, map, MatrixValues{launch.stream, launch.resident, keeps},
                                             launch.keeps_fp32, kernel.weights == hw::KernelWeights::kept);
  for (int round = 0; map.from_edge && round < map.rounds; ++round)
    for (int line = 0; line < map.chain; ++line)
      setup->feed(line, round, launch.edge[static_cast<std::size_t>(round * map.chain + line)] + 1);
  for (int round = 0; map.lists() && round < map.rounds; ++round)
    for (int row = 0; row < map.kept->rows(); ++row)
      setup->feed_list(row, round, launch.edge[static_cast<std::size_t>(round * map.kept->rows() + row)] + 1);
  return setup;
}

}  // namespace

std::unique_ptr<KernelSetup> set_up(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch) {
  auto setup = set_up_programs(machine, launch);
  for (hw::Program& program : setup->array.programs) program.format = launch.line.format;
  return setup;
}

void check_room(const hw::MachineSpec& machine, std::int64_t words) {
  const Bytes room = machine.pe.sram_bytes - machine.pe.code_bytes;
  if (2 * words > room)
    throw UsageError(fmt::format("launch: a PE needs {} bytes for its operands; {} of its {} bytes are for data",
                                 2 * words, room, machine.pe.sram_bytes));
}

std::vector<std::uint32_t> canonical(std::vector<std::uint32_t> results, bool fp32) {
  if (fp32)
    std::transform(results.begin(), results.end(), results.begin(),
                   [](std::uint32_t bits) { return hw::result_bits(hw::float_of(bits)); });
  return results;
}

}  // namespace weft::sw
