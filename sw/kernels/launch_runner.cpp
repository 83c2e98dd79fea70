#include "sw/kernels/launch_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "hw/pe/array_model.h"
#include "hw/pe/instruction_text.h"
#include "sw/kernels/color_names.h"
#include "sw/kernels/kernel_setup.h"
#include "sw/kernels/launch_path.h"
#include "tlm/base/clock_crossing.h"

namespace weft::sw {

namespace {

void compare(const hw::ProgramLaunch& launch, const KernelSetup& setup, const hw::ArrayRun& run) {
  const std::vector<std::uint32_t> programs = setup.results(run),
                                   wafer = canonical(launch.results, setup.results_are_fp32());
  const auto [there, here] = std::mismatch(programs.begin(), programs.end(), wafer.begin(), wafer.end());
  if (there == programs.end() && here == wafer.end()) return;
  if (programs.size() != wafer.size())
    throw SimulationError(
        fmt::format("{}: the PE programs have {} results, the wafer {}", launch.name, programs.size(), wafer.size()));
  throw SimulationError(fmt::format("{}: result {} of {}: the PE programs have {:#x}, the wafer {:#x}", launch.name,
                                    there - programs.begin(), programs.size(), *there, *here));
}

/// What `work` gives; where it refuses the launch's programs, as of this launch.
template <typename Work>
auto of_launch(const hw::ProgramLaunch& launch, Work&& work) {
  try {
    return work();
  } catch (const UsageError& refusal) {
    throw UsageError(fmt::format("{}, as PE programs: {}", launch.name, refusal.what()));
  }
}

}  // namespace

LaunchRunner::Kind LaunchRunner::kind_of(const hw::ProgramLaunch& launch) {
  if (!launch.map)
    return {launch.kind, launch.block.features, launch.outputs, launch.line.dropout.probability > 0, false};
  const std::vector<int>& features = launch.map->lines_are_rows ? launch.map->wavelets : launch.map->elements;
  return {launch.kind, std::accumulate(features.begin(), features.end(), 0), launch.map->rounds,
          launch.sparse_layer != nullptr, launch.map->bias};
}

std::vector<proto::LaunchExplanation> LaunchRunner::explanations() const {
  std::vector<proto::LaunchExplanation> told(kinds_.size());
  for (const auto& [kind, explained] : kinds_) told[explained.order] = explained.told;
  told.erase(std::remove_if(told.begin(), told.end(), [](const auto& one) { return one.name.empty(); }), told.end());
  return told;
}

LaunchCycle LaunchRunner::run(const hw::ProgramLaunch& launch) {
  Explained* explained = nullptr;
  if (explained_) {
    const auto [known, is_new] = kinds_.try_emplace(kind_of(launch));
    explained = &known->second;
    if (is_new) {
      explained->order = kinds_.size() - 1;
      explained->layer = launch.layer;
    }
    std::vector<std::pair<int, int>>& places = explained->places;
    const std::pair place(launch.first_column, launch.first_row);
    if (explained->layer != launch.layer || std::find(places.begin(), places.end(), place) != places.end())
      return launch.end;
    places.push_back(place);
  }
  const std::unique_ptr<KernelSetup> kernel = of_launch(launch, [&] { return set_up(machine_, launch); });
  const hw::ArraySetup& array = kernel->array;
  hw::ArrayOptions options;
  options.beat = beat_;
  hw::ClockedRectangle clocked;
  const int left = std::max(region_.x - launch.first_column, 0), top = std::max(region_.y - launch.first_row, 0);
  const int right = std::min(region_.x + region_.width - launch.first_column, array.width),
            below = std::min(region_.y + region_.height - launch.first_row, array.height);
  if (right > left && below > top) {
    clocked = tiles_(left, top, right - left, below - top);
    options.clocked = &clocked;
  }
  for (const Traced& pe : traced_)
    if (const int at = pe.index_in(launch, array); at >= 0) options.slots_of.push_back(at);
  std::optional<LaunchPath> path;
  if (explained) options.observer = &path.emplace(machine_, array, launch.kind);
  const hw::ArrayRun run = of_launch(launch, [&] { return hw::run_array(machine_, array, options); });
  if (!run.finished)
    throw SimulationError(fmt::format("{}: the PE programs cannot go on:\n{}", launch.name, run.waiting));
  compare(launch, *kernel, run);
  record(launch, array, run);
  if (path && run.end > explained->told.total())
    explained->told = {launch.name, std::max(run.end, launch.end.since()),
                       path->parts(launch.first_column, launch.first_row)};
  ++totals_.launches;
  totals_.sums += static_cast<std::int64_t>(launch.results.size());
  totals_.program_cycles += run.end;
  totals_.recurrence_cycles += launch.end.since();
  const Cycle deviation = std::abs(run.end - launch.end.since());
  totals_.worst_deviation = std::max(totals_.worst_deviation, deviation);
  totals_.worst_percent =
      std::max(totals_.worst_percent, 100.0 * static_cast<double>(deviation) / static_cast<double>(launch.end.since()));
  totals_.clocked_cycles += run.clocked_cycles;
  return LaunchCycle(run.end);
}

int LaunchRunner::Traced::index_in(const hw::ProgramLaunch& launch, const hw::ArraySetup& array) const {
  const int column = x - launch.first_column, row = y - launch.first_row;
  const bool within = column >= 0 && column < array.width && row >= 0 && row < array.height;
  return launch.system == 0 && within ? row * array.width + column : -1;
}

void LaunchRunner::trace(const Pes& pes, proto::Recorder& recorder) {
  static constexpr const char* links[hw::link_count] = {"north", "east", "south", "west"};
  using proto::TrackValues;
  recorder_ = &recorder;
  cycle_ = recorder.track("cluster.system0.cycle", "pes", TrackValues::numbers);
  for (const auto& [x, y] : pes) {
    Traced pe;
    pe.x = x;
    pe.y = y;
    const std::string path = fmt::format("cluster.system0.pe_{}_{}", x, y);
    for (std::size_t thread = 0; thread < hw::thread_count; ++thread) {
      pe.threads[thread] = recorder.track(fmt::format("{}.thread{}", path, thread), "pes", TrackValues::names);
      pe.places[thread] = recorder.track(fmt::format("{}.thread{}_pc", path, thread), "pes", TrackValues::numbers);
    }
    for (std::size_t link = 0; link < hw::link_count; ++link)
      pe.links[link] = recorder.track(fmt::format("{}.{}", path, links[link]), "pes", TrackValues::names);
    traced_.push_back(pe);
  }
}

void LaunchRunner::record(const hw::ProgramLaunch& launch, const hw::ArraySetup& array, const hw::ArrayRun& run) {
  const auto span = [&](proto::TrackId track, Cycle at, std::uint64_t value) {
    const Cycle begin = (launch.start + at).since();
    recorder_->span(track, to_ps(machine_.clock, begin), to_ps(machine_.clock, begin + 1), value);
  };
  bool any = false;
  for (const Traced& pe : traced_) {
    const int at = pe.index_in(launch, array);
    if (at < 0) continue;
    any = true;
    const hw::PeRun& did = run.pes[static_cast<std::size_t>(at)];
    const std::vector<hw::Instruction>& code = array.programs[static_cast<std::size_t>(at)].code;
    for (const hw::CoreSlot& slot : did.slots) {
      const auto thread = static_cast<std::size_t>(slot.thread);
      const hw::Opcode opcode = code[static_cast<std::size_t>(slot.instruction)].opcode;
      span(pe.threads[thread], slot.at, recorder_->name(hw::text_of(opcode).name));
      span(pe.places[thread], slot.at, static_cast<std::uint64_t>(slot.instruction) + 1);
    }
    for (const hw::LinkSlot& sent : did.sent)
      span(pe.links[static_cast<std::size_t>(sent.link)], sent.at,
           recorder_->name(color_name(launch.kind, sent.wavelet.color)));
  }
  if (!any) return;
  // Lanes, or heads and sequences, run in the same cycles.
  for (counted_ = std::max(counted_, launch.start); counted_ < launch.start + run.end; counted_ += 1)
    span(cycle_, counted_ - launch.start, static_cast<std::uint64_t>(counted_.since()));
}

}  // namespace weft::sw
