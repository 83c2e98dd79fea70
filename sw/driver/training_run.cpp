#include "sw/driver/training_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

#include "sw/compiler/plan_text.h"
#include "sw/driver/prepared_run.h"
#include "sw/driver/report_of_run.h"
#include "sw/driver/run_observer.h"
#include "sw/driver/stop_request.h"
#include "tlm/base/error.h"
#include "tlm/base/json_text.h"
#include "tlm/trace/trace_file.h"

namespace weft::sw {

namespace {

using Clock = std::chrono::steady_clock;

/// Shown above a waveform's signals: what is traced, and the units.
std::vector<std::string> trace_comments(const std::string& model, const hw::MachineSpec& machine) {
  return {fmt::format("{} on {}", model, machine.name),
          fmt::format("wafer clock {} MHz: 1 cycle = {:.4f} ns", machine.clock.mega_hertz,
                      1000.0 / static_cast<double>(machine.clock.mega_hertz))};
}

std::vector<std::string> layer_names(const hw::Job& job) {
  std::vector<std::string> names;
  for (const hw::MatrixLayer& layer : job.layers) names.push_back(layer.name);
  return names;
}

/// Simulates and writes every output; `state` says how it ended. The folder is open.
void play(PreparedRun& run, proto::TraceFile& trace, RunState& state, Clock::time_point began) {
  const RunSettings& settings = run.settings;
  const std::filesystem::path& folder = run.folder.path();
  RunLog log(folder / "run.log", run.model.config.runconfig.log_steps, run.total_steps(), run.job.timing_only,
             settings.resume);
  RunRecorder recorder(run.job, run.eval_samples, log, folder, run.identity, *run.source);
  ThreadPool pool(settings.threads);
  hw::LaunchMemo memo;
  if (!settings.vcd_pes.empty()) run.programs->trace(settings.vcd_pes, trace.recorder());
  const hw::SystemPlan shared{
      &run.job,
      &run.machine.spec,
      run.plan.mapping,
      {settings.cut_rows, settings.cut_columns},
      settings.fast_forward ? &memo : nullptr,
      [&run](bool for_training, int launch) {
        return (for_training ? run.plan.train : run.plan.eval)[static_cast<std::size_t>(launch)].predicted;
      },
      &pool,
      run.programs.get()};
  StopRequest stop([&recorder] { return recorder.failed(); });
  hw::Cluster cluster("cluster", shared, run.initial, *run.source, stop, recorder, trace.recorder());
  log.line(fmt::format("{} on {} x {}: {}, {} tokens on a wafer, {} micro-batch(es)", state.model, run.job.systems,
                       state.machine, pes_text(run.plan.mapping), run.plan.tokens, run.plan.micro_batches));
  for (const std::string& note : run.model.notes) log.line(note);
  for (const std::string& note : run.notes) log.line(note);
  for (const std::string& change : run.changes) log.line("Goes on with another setting: " + change);
  trace.begin();
  if (run.folder.named_by_time()) mark_latest(folder);
  cluster.run();

  const RunReport report = report_of_run(run, cluster, std::move(recorder.steps()),
                                         std::chrono::duration<double>(Clock::now() - began).count());
  for (const StepRecord& step : report.steps) state.global_step = step.global_step;
  // One file that cannot be written (a full disk) neither hides another nor keeps the rest from being written.
  std::vector<std::string> unwritten;
  const auto attempt = [&unwritten](const auto& write) {
    try {
      write();
    } catch (const std::exception& error) {
      unwritten.emplace_back(error.what());
    }
  };
  std::string summary;
  attempt([&] { recorder.rethrow(); });
  attempt([&] { write_whole(folder / "report.json", json_text(to_json(report)) + "\n"); });
  attempt([&] { summary = summary_text(report); });
  attempt([&] { write_whole(folder / "summary.txt", summary); });
  attempt([&] { trace.finish(); });
  std::fputs(("\n" + summary).c_str(), stdout);
  check_conservation(report);
  if (!unwritten.empty()) throw UsageError(fmt::format("{}", fmt::join(unwritten, "\n")));
  state.phase = stop.requested() ? RunPhase::stopped : RunPhase::completed;
  log.line(fmt::format("{}; report, summary and log in {}",
                       stop.requested() ? "Stopped as asked after a whole step" : "Run completed", folder.string()));
}

}  // namespace

int run_training(const RunSettings& settings) {
  const auto began = Clock::now();
  PreparedRun run(settings);
  proto::TraceFile trace(settings.vcd, settings.vcd_scopes, trace_comments(run.state.model, run.machine.spec));
  trace.recorder().call_layers(layer_names(run.job));
  run.folder.open(run.state);
  RunState state = run.state;
  const auto end = [&] {
    state.ended = time_text();
    write_run_state(run.folder.path(), state);
  };
  try {
    play(run, trace, state, began);
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
    } catch (const UsageError&) {
      // The disk is full: the error that is on its way says more than that its note could not be left.
    }
    throw;
  }
  end();
  return 0;
}

}  // namespace weft::sw
