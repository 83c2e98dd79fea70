#include "sw/driver/report_of_run.h"

#include <sys/resource.h>

#include <algorithm>
#include <tuple>

#include "hw/spec/configuration_echo.h"
#include "sw/compiler/plan_file.h"
#include "sw/driver/state_at_start.h"
#include "tlm/base/clock_crossing.h"

namespace weft::sw {

namespace {

/// The last step may not have ended: it is left out.
void leave_out_open_steps(RunReport& report, const hw::Job& job) {
  auto launch = report.launches.begin();
  const auto open = std::find_if(report.steps.begin(), report.steps.end(), [&](const StepRecord& step) {
    std::size_t launches = job.launches(step.train).size() * static_cast<std::size_t>(job.micro_batches);
    for (; launch != report.launches.end() && launch->stage == step.stage && launch->step == step.step; ++launch)
      --launches;
    return launches > 0;
  });
  report.steps.erase(open, report.steps.end());
}

std::vector<proto::LimiterCycles> parts_of(const std::vector<PlannedLaunch>& launches) {
  std::vector<proto::LimiterCycles> parts;
  for (const PlannedLaunch& planned : launches) parts.push_back(planned.parts);
  return parts;
}

/// What each of the plan's bounds took, beside what it was predicted to take.
std::vector<StepWorkload> workloads(const Plan& plan, const hw::Cluster& cluster, const hw::MachineSpec& machine,
                                    const RunReport& report) {
  const auto cycles = [&](Picosecond time) { return to_cycles(machine.clock, time); };
  std::vector<StepWorkload> works;
  for (const StepBound& bound : plan.bounds) {
    Picosecond busiest = 0;
    switch (bound.limiter) {
      case proto::Limiter::wafer:
        works.push_back({bound.what, bound.limiter, bound.cycles, wafer_work(report)});
        continue;
      case proto::Limiter::input_servers:
        busiest = cluster.step_production_ps();
        break;
      case proto::Limiter::memoryx_reader:
        busiest = cluster.memoryx().step_read_ps();
        break;
      case proto::Limiter::memoryx_update:
        busiest = cluster.memoryx().step_optimize_ps();
        break;
      default:
        for (const proto::LimitingLink& link : report.links)
          if (link.limiter == bound.limiter) busiest = std::max(busiest, link.step_busy);
    }
    works.push_back({bound.what, bound.limiter, bound.cycles, cycles(busiest)});
  }
  return works;
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

RoundedGradients rounded_gradients(const hw::Cluster& cluster) {
  RoundedGradients gradients;
  for (int system = 0; system < cluster.systems(); ++system)
    hw::add_losses(gradients.edge, cluster.system(system).gradient_losses());
  gradients.swarmx = cluster.swarmx_losses();
  return gradients;
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
  report.systems = job.systems;
  report.batch = {job.batch / job.sample_tokens, job.sample_tokens};
  report.micro_batches = job.micro_batches;
  report.pes = static_cast<std::int64_t>(machine.spec.fabric.user_width) * machine.spec.fabric.user_height;
  report.clock_mhz = machine.spec.clock.mega_hertz;
  for (const hw::MatrixLayer& layer : job.layers) report.layers.push_back(layer.name);
  report.steps = std::move(steps);
  report.launches = cluster.system(0).books().launches();
  if (!job.timing_only) {
    report.rounding.emplace();
    report.rounding->dynamic_loss_scale = job.loss_scale.dynamic;
    for (int system = 0; system < cluster.systems(); ++system)
      report.rounding->add(cluster.system(system).books().launches());
    if (job.gradient_wire.halves()) report.rounding->gradients = rounded_gradients(cluster);
  }
  report.updates = cluster.memoryx().updates();
  if (job.clip.max_norm > 0)
    report.clips = {job.clip.max_norm, job.clip.timing == hw::ClipTiming::speculative, cluster.memoryx().clips()};
  std::sort(report.updates.begin(), report.updates.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.train_step, a.start, a.layer) < std::tuple(b.train_step, b.start, b.layer);
  });
  report.links = cluster.link_records();
  report.classes = cluster.system(0).books().class_cycles();
  report.cycles = cluster.system(0).books().free_at().since();
  report.paths = cluster.system(0).books().paths();
  report.inside.train = parts_of(run.plan.train);
  report.inside.eval = parts_of(run.plan.eval);
  // Of the fastest products that there are.
  const bool half_sums = std::any_of(job.layers.begin(), job.layers.end(),
                                     [](const hw::MatrixLayer& layer) { return layer.half_sums.any(); });
  report.peak.macs_per_cycle = report.pes * machine.spec.pe.lanes.multiply_adds(half_sums);
  report.peak.link_bits_per_cycle = machine.spec.io.ethernet_links * machine.spec.io.ethernet_gbps * 1000.0 /
                                    static_cast<double>(machine.spec.clock.mega_hertz);
  report.works.walk = run.plan.walk;
  leave_out_open_steps(report, job);
  place_steps(report);
  leave_out_updates_of_no_step(report);
  if (!report.steps.empty() && report.steps.front().train)
    report.works.all = workloads(run.plan, cluster, machine.spec, report);
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
