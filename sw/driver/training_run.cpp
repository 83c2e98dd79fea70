#include "sw/driver/training_run.h"

#include <fmt/format.h>

#include <chrono>

#include "sw/check/program_check.h"
#include "sw/compiler/plan_text.h"
#include "sw/driver/first_not_finite.h"
#include "sw/driver/prepared_run.h"
#include "sw/driver/report_of_run.h"
#include "sw/driver/run_observer.h"
#include "sw/driver/run_pulse.h"
#include "sw/driver/run_text.h"
#include "sw/driver/written_outputs.h"
#include "tlm/base/error.h"
#include "tlm/trace/trace_file.h"

namespace weft::sw {

namespace {

using Clock = std::chrono::steady_clock;

/// Shown above a waveform's signals: what is traced, the units, and where it comes from.
std::vector<std::string> trace_comments(const PreparedRun& run) {
  const hw::MachineSpec& machine = run.machine.spec;
  std::vector<std::string> comments = {fmt::format("{} on {}", run.state.model, machine.name),
                                       fmt::format("wafer clock {} MHz: 1 cycle = {:.4f} ns", machine.clock.mega_hertz,
                                                   1000.0 / static_cast<double>(machine.clock.mega_hertz))};
  for (const std::string& line : provenance_lines(run.provenance())) comments.push_back(line);
  return comments;
}

std::vector<std::string> layer_names(const hw::Job& job) {
  std::vector<std::string> names;
  for (const hw::MatrixLayer& layer : job.layers) names.push_back(layer.name);
  return names;
}

hw::WatchOfSystem watch_of(const PreparedRun& run) {
  if (!run.programs) return nullptr;
  return [&run](int system) { return std::make_unique<ProgramCheck>(*run.programs, run.job, system); };
}

hw::SystemPlan system_plan(const PreparedRun& run, hw::LaunchMemo& memo, ThreadPool& pool, RunRecorder& recorder) {
  const RunSettings& settings = run.settings;
  return {&run.job,
          &run.machine.spec,
          run.plan.mapping,
          {settings.cut_rows, settings.cut_columns},
          settings.fast_forward ? &memo : nullptr,
          [&run](bool for_training, int launch) {
            const PlannedLaunch& planned =
                (for_training ? run.plan.train : run.plan.eval)[static_cast<std::size_t>(launch)];
            return planned.in_step > 0 ? planned.in_step : planned.predicted;
          },
          &pool,
          watch_of(run),
          [&recorder](int, std::int64_t, Picosecond at) { recorder.on_step_end(at); }};
}

void log_begin(const PreparedRun& run, RunLog& log) {
  for (const std::string& line : provenance_lines(run.provenance())) log.line(line);
  log.line(fmt::format("{} on {} x {}: {}, {} tokens on a wafer, {} micro-batch(es)", run.state.model, run.job.systems,
                       run.state.machine, pes_text(run.plan.mapping), run.plan.tokens, run.plan.micro_batches));
  for (const std::string& note : run.model.notes) log.line(note);
  for (const std::string& note : run.notes) log.line(note);
  for (const std::string& change : run.changes) log.line("Goes on with another setting: " + change);
}

/// Simulates and writes every output, whatever ends the simulation. `state` says how it ended; the folder is open.
void play(PreparedRun& run, const StopSignals& signals, ProgressLine& progress, proto::TraceFile& trace,
          RunState& state, Clock::time_point began) {
  const RunSettings& settings = run.settings;
  RunLog log(run.folder.path() / "run.log", run.model.config.runconfig.log_steps, run.job.timing_only, settings.resume);
  RunRecorder recorder(run, log);
  ThreadPool pool(settings.threads);
  hw::LaunchMemo memo;
  if (!settings.waveform.pes.empty()) run.programs->trace(settings.waveform.pes, trace.recorder());
  progress.doing("setting up the cluster");
  RunPulse pulse(
      run.job, run.plan, signals, progress, [&recorder] { return recorder.failed(); },
      run.job.timing_only ? 0 : settings.checkpoint_minutes,
      [&recorder](const hw::TrainingState& now) { recorder.on_checkpoint(now, 0); });
  if (run.programs) run.programs->set_beat([&pulse] { pulse.beat(); });
  const hw::SystemPlan shared = system_plan(run, memo, pool, recorder);
  hw::Cluster cluster("cluster", shared, run.initial, *run.source, pulse, recorder, trace.recorder());
  log_begin(run, log);
  if (!run.vocabulary.empty()) write_whole(run.folder.path() / vocabulary_file, run.vocabulary);
  trace.begin();
  if (run.folder.named_by_time() && run.trains()) mark_latest(run.folder.path());
  std::string failure;
  try {
    cluster.run();
  } catch (const SimulationError& error) {
    failure = recorder.bad_loss().empty() ? error.what()
                                          : fmt::format("{}; not finite first: {}{}", recorder.bad_loss(),
                                                        first_not_finite(run.job, cluster), recorder.last_good_text());
  }
  progress.doing("writing the results");
  state.phase = !failure.empty() ? RunPhase::failed : pulse.stopped() ? RunPhase::stopped : RunPhase::completed;
  state.why = !failure.empty() ? failure : pulse.stopped() ? pulse.why() : "";
  RunReport report = report_of_run(run, cluster, std::move(recorder.steps()),
                                   std::chrono::duration<double>(Clock::now() - began).count());
  report.host.ended = phase_text(state);
  for (const StepRecord& step : report.steps) state.global_step = step.global_step;
  WrittenOutputs outputs;
  outputs.attempt([&] { recorder.rethrow(); });
  outputs.write(report, run.folder.path(), trace);
  if (settings.explain) outputs.write(run.programs->explanations(), run.folder.path());
  outputs.attempt([&] { check_conservation(report); });
  outputs.attempt([&] { check_paths(report); });
  if (!failure.empty()) outputs.attempt([&] { throw SimulationError(failure); });
  outputs.rethrow();
  log.line(fmt::format("{}; report, summary and log in {}",
                       pulse.stopped() ? "Stopped as asked: " + state.why : "Run completed",
                       run.folder.path().string()));
}

}  // namespace

int run_training(const RunSettings& settings) {
  const auto began = Clock::now();
  StopSignals signals;
  ProgressLine progress;
  progress.doing("reading and planning");
  PreparedRun run(settings);
  signals.begin_run();
  proto::TraceFile trace(settings.waveform.file, settings.waveform.scopes, trace_comments(run));
  trace.recorder().call_layers(layer_names(run.job));
  run.folder.open(run.state);
  RunState state = run.state;
  const auto end = [&] {
    state.ended = time_text();
    write_run_state(run.folder.path(), state);
  };
  try {
    play(run, signals, progress, trace, state, began);
  } catch (const std::exception& error) {
    if (!trace.begun()) {  // a pattern that fits no track is known once there are tracks
      run.folder.give_up();
      throw;
    }
    state.phase = RunPhase::failed;
    state.why = error.what();
    try {
      trace.finish();
      end();
    } catch (const std::exception&) {
      // The disk is full: the error that is on its way says more than that its note could not be left.
    }
    throw;
  }
  end();
  return 0;
}

}  // namespace weft::sw
