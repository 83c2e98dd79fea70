#include "sw/kernels/program_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "hw/fabric/head_grid.h"
#include "hw/kernels/line_kernels.h"
#include "hw/pe/isa.h"
#include "sw/kernels/kernel_setup.h"
#include "tlm/base/error.h"

namespace weft::sw {

using namespace hw;

namespace {

class LaunchFit {
 public:
  LaunchFit(const MachineSpec& machine, const Job& job, const Mapping& mapping, const Launch& launch, bool train)
      : machine_(machine),
        launch_(launch),
        layer_(job.layers[static_cast<std::size_t>(launch.layer)]),
        mapping_(mapping),
        settings_(line_settings(layer_, train, job.format)) {
    if (train) settings_.dropout.probability = layer_.dropout;
    settings_.tile = launch.tile;
  }

  /// On a lane with so many tokens. Throws UsageError if operands do not fit.
  int instructions(int tokens) const {
    if (!in_heads(launch_.kind))
      return line({mapping_.lane, line_features(launch_.kind, layer_), tokens, layer_.attention.queries}, settings_);
    const HeadGrid grid = head_grid(layer_, machine_, mapping_.lane, tokens, launch_.tile);
    int most = 0;
    LineSettings settings = settings_;
    for (const HeadGrid::Kind& kind : grid.kinds()) {
      settings.windows = grid.score_windows(kind.rectangle);
      most =
          std::max(most, kernel_of(launch_.kind).streams() ? product(grid, kind.rectangle)
                                                           : line(grid.block(launch_.kind, kind.rectangle), settings));
    }
    return most;
  }

 private:
  int line(const BlockMap& block, const LineSettings& settings) const {
    LinePrograms programs(launch_.kind, settings, block);
    std::size_t most = 0;
    for (int row = 0; row < block.rows(); ++row)
      for (int column = 0; column < block.columns(); ++column)
        most = std::max(most, programs.of(row, column).code.size());
    check_room(machine_, programs.of(0, 0).words());
    return static_cast<int>(most);
  }

  /// Its code does not depend on the numbers.
  int product(const HeadGrid& grid, Rectangle rectangle) const {
    const HeadShape& shape = grid.shape();
    const auto length = static_cast<std::size_t>(shape.length), size = static_cast<std::size_t>(shape.head_size);
    const LaunchMap map = grid.map(launch_.kind, rectangle);
    ProgramLaunch launch;
    launch.kind = launch_.kind;
    launch.map = &map;
    launch.stream.assign(length * std::max(length, size) * static_cast<std::size_t>(shape.queries), 0);
    launch.resident = launch.stream;
    std::size_t most = 0;
    const std::unique_ptr<KernelSetup> setup = set_up(machine_, launch);
    for (const Program& program : setup->array.programs) most = std::max(most, program.code.size());
    return static_cast<int>(most);
  }

  const MachineSpec& machine_;
  const Launch& launch_;
  const MatrixLayer& layer_;
  const Mapping& mapping_;
  LineSettings settings_;
};

/// Empty: it fits.
std::string misfit(const MachineSpec& machine, const Job& job, const Mapping& mapping, const Launch& launch,
                   bool train) {
  const LaunchFit fit(machine, job, mapping, launch, train);
  std::set<int> tokens;
  for (int lane = 0; lane < mapping.lanes; ++lane) tokens.insert(mapping.lane_tokens(job.tokens(), lane));
  int most = 0;
  try {
    for (const int of_lane : tokens) most = std::max(most, fit.instructions(of_lane));
  } catch (const UsageError& refusal) {
    return refusal.what();
  }
  return most > program_capacity ? fmt::format("{} instructions; a PE holds at most {}", most, program_capacity) : "";
}

}  // namespace

std::vector<ProgramMisfit> program_misfits(const MachineSpec& machine, const Job& job, const Mapping& mapping) {
  std::vector<ProgramMisfit> misfits;
  using Shape = decltype(job.layers.front().shape());
  std::set<std::tuple<bool, KernelKind, int, Shape>> seen;
  for (const bool train : {true, false}) {
    const bool runs =
        std::any_of(job.stages.begin(), job.stages.end(), [train](const Stage& stage) { return stage.train == train; });
    if (!runs) continue;
    for (const Launch& launch : job.launches(train)) {
      if (kernel_of(launch.kind).form != KernelForm::line && !in_heads(launch.kind)) continue;
      const MatrixLayer& layer = job.layers[static_cast<std::size_t>(launch.layer)];
      if (!seen.emplace(train, launch.kind, launch.tile, layer.shape()).second) continue;
      std::string why = misfit(machine, job, mapping, launch, train);
      if (!why.empty()) misfits.push_back({&launch, train, std::move(why)});
    }
  }
  return misfits;
}

}  // namespace weft::sw
