#include "sw/kernels/kernel_setup.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/pe/arithmetic.h"
#include "sw/kernels/activation_setup.h"
#include "sw/kernels/load_setup.h"
#include "sw/kernels/matrix_setup.h"
#include "sw/kernels/retained_setup.h"
#include "sw/kernels/softmax_setup.h"
#include "tlm/base/error.h"

namespace weft::sw {

using hw::KernelKind;

std::unique_ptr<KernelSetup> set_up(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch) {
  switch (launch.kind) {
    case KernelKind::retained_delta:
      return std::make_unique<RetainedSetup>(machine, *launch.map, launch.stream, launch.resident);
    case KernelKind::activation:
    case KernelKind::activation_backward:
      return std::make_unique<ActivationSetup>(machine, launch);
    case KernelKind::load_input:
      return std::make_unique<LoadSetup>(machine, launch);
    case KernelKind::softmax_loss:
      return std::make_unique<SoftmaxSetup>(machine, launch);
    default:
      break;
  }
  const hw::LaunchMap& map = *launch.map;
  const auto keeps = [&launch](int round, int place) { return launch.keeps(round, place); };
  auto setup = std::make_unique<MatrixSetup>(machine, map, MatrixValues{launch.stream, launch.resident, keeps},
                                             launch.keeps_fp32, launch.kind == KernelKind::retain_forward);
  for (int round = 0; map.from_edge && round < map.rounds; ++round)
    for (int line = 0; line < map.chain; ++line)
      setup->feed(line, round, launch.edge[static_cast<std::size_t>(round * map.chain + line)] + 1);
  for (int round = 0; map.lists() && round < map.rounds; ++round)
    for (int row = 0; row < map.kept->rows(); ++row)
      setup->feed_list(row, round, launch.edge[static_cast<std::size_t>(round * map.kept->rows() + row)] + 1);
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
