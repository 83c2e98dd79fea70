#include "sw/kernels/launch_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "hw/pe/array_model.h"
#include "sw/kernels/matrix_setup.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

void compare(const hw::ProgramLaunch& launch, const MatrixSetup& setup, const hw::ArrayRun& run) {
  const hw::LaunchMap& map = *launch.map;
  std::size_t at = 0;
  for (int round = 0; round < map.rounds; ++round) {
    int element_first = 0;
    for (int position = 0; position < map.positions; ++position) {
      const int elements = map.elements[static_cast<std::size_t>(position)];
      for (int element = 0; element < elements; ++element, ++at) {
        const std::uint32_t sum = setup.result(run, round, position, element);
        if (sum != launch.sums[at])
          throw SimulationError(fmt::format("{}: round {}, element {}: the PE programs have {:#x}, the wafer {:#x}",
                                            launch.name, round, element_first + element, sum, launch.sums[at]));
      }
      element_first += elements;
    }
  }
}

}  // namespace

Cycle LaunchRunner::run(const hw::ProgramLaunch& launch) {
  const hw::LaunchMap& map = *launch.map;
  MatrixSetup setup(machine_, map, {launch.stream, launch.resident}, launch.keeps_fp32);
  for (int round = 0; map.from_edge && round < map.rounds; ++round)
    for (int line = 0; line < map.chain; ++line)
      setup.feed(line, round, launch.edge[static_cast<std::size_t>(round * map.chain + line)] + 1);
  hw::ArrayOptions options;
  hw::ClockedRectangle clocked;
  const int right = std::min(region_.x + region_.width, setup.array.width),
            below = std::min(region_.y + region_.height, setup.array.height);
  if (right > region_.x && below > region_.y) {
    clocked = tiles_(region_.x, region_.y, right - region_.x, below - region_.y);
    options.clocked = &clocked;
  }
  const hw::ArrayRun run = hw::run_array(machine_, setup.array, options);
  if (!run.finished)
    throw SimulationError(fmt::format("{}: the PE programs cannot go on:\n{}", launch.name, run.waiting));
  compare(launch, setup, run);
  ++totals_.launches;
  totals_.sums += static_cast<std::int64_t>(launch.sums.size());
  totals_.program_cycles += run.end;
  totals_.recurrence_cycles += launch.end;
  const Cycle deviation = std::abs(run.end - launch.end);
  totals_.worst_deviation = std::max(totals_.worst_deviation, deviation);
  totals_.worst_percent =
      std::max(totals_.worst_percent, 100.0 * static_cast<double>(deviation) / static_cast<double>(launch.end));
  totals_.clocked_cycles += run.clocked_cycles;
  return run.end;
}

}  // namespace weft::sw
