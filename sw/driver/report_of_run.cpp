#include "sw/driver/report_of_run.h"

#include <sys/resource.h>

#include <algorithm>
#include <tuple>

#include "hw/spec/configuration_echo.h"
#include "sw/compiler/plan_file.h"
#include "sw/driver/state_at_start.h"

namespace weft::sw {

namespace {

/// Fills in what only the launches know about each step, and leaves out the step that did not end.
void place_steps(RunReport& report, const hw::Job& job) {
  std::vector<proto::LaunchRecord> of_step;
  std::vector<StepRecord> whole;
  auto launch = report.launches.begin();
  Cycle end_before = 0;
  for (StepRecord& step : report.steps) {
    of_step.clear();
    for (; launch != report.launches.end() && launch->stage == step.stage && launch->step == step.step; ++launch)
      of_step.push_back(*launch);
    const std::size_t launches = job.launches(step.train).size() * static_cast<std::size_t>(job.micro_batches);
    if (of_step.size() < launches) break;
    step.start = of_step.front().start;
    step.end = of_step.back().end;
    step.bubble = turn_bubble(of_step, end_before);
    end_before = step.end;
    whole.push_back(step);
  }
  report.steps = std::move(whole);
}

/// A layer may have been updated in the step that did not end.
void leave_out_updates_of_no_step(RunReport& report) {
  const auto trained =
      std::count_if(report.steps.begin(), report.steps.end(), [](const auto& step) { return step.train; });
  report.updates.erase(std::remove_if(report.updates.begin(), report.updates.end(),
                                      [trained](const auto& update) { return update.train_step >= trained; }),
                       report.updates.end());
  if (report.clips && static_cast<std::ptrdiff_t>(report.clips->steps.size()) > trained)
    report.clips->steps.resize(static_cast<std::size_t>(trained));
}

}  // namespace

RunReport report_of_run(const PreparedRun& run, const hw::Cluster& cluster, std::vector<StepRecord> steps,
                        double wall_seconds) {
  const hw::MachineFile& machine = run.machine;
  const hw::Job& job = run.job;
  RunReport report;
  report.model = run.model.config.model.name;
  report.machine = machine.spec.name;
  report.mode = mode_name(run.model.config.runconfig.mode);
  report.configuration = {{"machine", hw::echo(machine.values)}, {"model", hw::echo(run.model.values)}};
  report.plan = plan_json(run.plan, job.layers);
  report.timing_only = job.timing_only;
  report.systems = job.systems;
  report.batch = job.batch;
  report.micro_batches = job.micro_batches;
  report.pes = static_cast<std::int64_t>(machine.spec.fabric.user_width) * machine.spec.fabric.user_height;
  report.clock_mhz = machine.spec.clock.mega_hertz;
  for (const hw::MatrixLayer& layer : job.layers) report.layers.push_back(layer.name);
  report.steps = std::move(steps);
  report.launches = cluster.system(0).launches();
  report.updates = cluster.memoryx().updates();
  if (job.clip.max_norm > 0)
    report.clips = {job.clip.max_norm, job.clip.timing == hw::ClipTiming::speculative, cluster.memoryx().clips()};
  std::sort(report.updates.begin(), report.updates.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.train_step, a.start, a.layer) < std::tuple(b.train_step, b.start, b.layer);
  });
  report.links = cluster.link_records();
  report.classes = cluster.system(0).class_cycles();
  report.cycles = cluster.system(0).wafer_cycles();
  place_steps(report, job);
  leave_out_updates_of_no_step(report);
  report.host.wall_seconds = wall_seconds;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  report.host.peak_memory_mib = static_cast<double>(usage.ru_maxrss) / 1024.0;
  report.host.provenance = run.provenance();
  report.host.threads = run.settings.threads;
  report.host.regions = cluster.system(0).wafer().regions();
  report.host.cut_crossings = cluster.system(0).wafer().cut_crossings();
  report.host.fast_forward = run.settings.fast_forward;
  report.host.systems = cluster.systems();
  if (run.programs) report.programs = run.programs->totals();
  return report;
}

}  // namespace weft::sw
