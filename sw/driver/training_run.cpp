#include "sw/driver/training_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <tuple>

#include "hw/cluster/cluster.h"
#include "hw/input/dataset_source.h"
#include "hw/input/synthetic_source.h"
#include "hw/spec/configuration_echo.h"
#include "hw/spec/machine_file.h"
#include "rtl/cosim/tile_source.h"
#include "sw/checkpoint/checkpoint.h"
#include "sw/compiler/plan_file.h"
#include "sw/compiler/plan_text.h"
#include "sw/driver/job_builder.h"
#include "sw/driver/run_folder.h"
#include "sw/driver/run_layers.h"
#include "sw/driver/run_observer.h"
#include "sw/driver/run_plan.h"
#include "sw/driver/starting_file.h"
#include "sw/driver/stop_request.h"
#include "sw/kernels/launch_runner.h"
#include "tlm/base/error.h"
#include "tlm/trace/trace_file.h"

namespace weft::sw {

namespace {

using Clock = std::chrono::steady_clock;

/// What only times needs no sample.
class NoSamples final : public hw::SampleSource {
 public:
  explicit NoSamples(int features) : features_(features) {}
  int features() const override { return features_; }
  void fill(int, std::int64_t, int, int, std::uint16_t*, std::int32_t*) override {
    throw SimulationError("a run that only times asked for a sample");
  }

 private:
  int features_;
};

hw::Dataset load(const ModelConfig& config, hw::MnistPart part) {
  const DataConfig& data = part == hw::MnistPart::train ? config.train_input : config.eval_input;
  return hw::load_mnist(data.data_dir, part, config.model.input_features, config.model.num_classes,
                        {data.mean, data.std});
}

/// MNIST's test set, of which a run that only times reads nothing (source: the files' own count).
constexpr std::int64_t mnist_test_images = 10'000;

std::int64_t eval_samples_without_files(const ModelConfig& config) {
  return config.eval_input.data_processor == "mnist" ? mnist_test_images : config.eval_input.samples;
}

std::unique_ptr<hw::SampleSource> sample_source(const ModelConfig& config, const hw::Job& job, bool reads,
                                                hw::Dataset train, hw::Dataset test) {
  const DataConfig& data = config.train_input;
  if (job.timing_only) return std::make_unique<NoSamples>(job.layers.front().inputs);
  if (reads)
    return std::make_unique<hw::DatasetSource>(job, std::move(train), std::move(test), data.shuffle, data.shuffle_seed);
  return std::make_unique<hw::SyntheticSource>(job, job.layers.front().inputs, job.layers.back().outputs, data.samples,
                                               data.shuffle_seed);
}

RunSeeds seeds_of(const ModelConfig& config) {
  const DataConfig& data = config.train_input;
  return {static_cast<std::int64_t>(config.runconfig.seed),
          data.shuffle ? static_cast<std::int64_t>(data.shuffle_seed) : -1};
}

hw::TrainingState starting_state(const ModelConfig& config, const std::vector<hw::MatrixLayer>& layers,
                                 const RunSettings& settings) {
  if (settings.timing_only) {
    hw::TrainingState state;
    for (const hw::MatrixLayer& layer : layers) state.layers.push_back({layer.name, {}, 0});
    state.loss_scale = config.loss_scale.initial;
    return state;
  }
  const std::filesystem::path file = starting_file(settings);
  if (!settings.initial_weights.empty() || file.empty()) {
    hw::TrainingState state = initial_state(config);
    if (!file.empty()) read_weights(file, state);
    prune(layers, state);
    return state;
  }
  // An evaluation draws no random numbers.
  const bool draws = config.runconfig.mode != Mode::eval;
  hw::TrainingState state =
      read_checkpoint(file, layers, config.optimizer, draws ? std::optional(seeds_of(config)) : std::nullopt);
  require_pruned(layers, state);
  return state;
}

/// Fills in what only the launches know about each step.
void place_steps(RunReport& report) {
  std::vector<proto::LaunchRecord> of_step;
  auto launch = report.launches.begin();
  Cycle end_before = 0;
  for (StepRecord& step : report.steps) {
    of_step.clear();
    for (; launch != report.launches.end() && launch->stage == step.stage && launch->step == step.step; ++launch)
      of_step.push_back(*launch);
    if (of_step.empty()) continue;
    step.start = of_step.front().start;
    step.end = of_step.back().end;
    step.bubble = turn_bubble(of_step, end_before);
    end_before = step.end;
  }
}

std::unique_ptr<LaunchRunner> program_runner(const RunSettings& settings, const hw::MachineSpec& machine,
                                             const Plan& plan) {
  if (!settings.pe_programs) return nullptr;
  if (plan.mapping.features_over == hw::FeatureAxis::columns)
    throw UsageError(
        "PE programs are written for features over rows; the plan has them over columns: "
        "runconfig.features_over=rows");
  const hw::Rectangle pes = on_wafer(machine, plan.mapping);
  for (const auto& [x, y] : settings.vcd_pes)
    if (x >= pes.width || y >= pes.height)
      throw UsageError(fmt::format("--vcd_pe {},{}: the plan uses {} x {} PEs", x, y, pes.width, pes.height));
  const TileRegion& region = settings.rtl_region;
  if (region.empty()) return std::make_unique<LaunchRunner>(machine, region, nullptr);
  if (region.x + region.width > pes.width || region.y + region.height > pes.height)
    throw UsageError(fmt::format("--rtl-region {},{},{},{}: the plan uses {} x {} PEs", region.x, region.y,
                                 region.width, region.height, pes.width, pes.height));
  return std::make_unique<LaunchRunner>(machine, region, rtl::tile_source(machine));
}

}  // namespace

int run_training(const RunSettings& settings) {
  const auto began = Clock::now();
  const hw::MachineFile machine =
      hw::read_machine(settings.machine, settings.root / "hw/machines", settings.machine_overrides);
  ModelFile model = read_model(settings.model, settings.root / "sw/models", settings.model_overrides);
  if (!settings.data_dir.empty()) use_data_folder(model, settings.data_dir);
  const ModelConfig& config = model.config;
  const std::vector<hw::MatrixLayer> layers = layers_of_run(config, settings);
  const Plan plan = plan_of(model, machine, layers, settings);
  const bool trains = config.runconfig.mode != Mode::eval, evaluates = config.runconfig.mode != Mode::train;
  const bool reads = config.train_input.data_processor == "mnist" && !settings.timing_only;
  hw::Dataset train = trains && reads ? load(config, hw::MnistPart::train) : hw::Dataset();
  hw::Dataset test = evaluates && reads ? load(config, hw::MnistPart::test) : hw::Dataset();
  const std::int64_t eval_samples = reads ? test.size() : eval_samples_without_files(config);
  // What can be refused comes before the folder: a mistake moves no `latest` and empties no log.
  const hw::TrainingState initial = starting_state(config, layers, settings);
  hw::Job job = build_job(config, layers, plan, initial.global_step, eval_samples);
  job.timing_only = settings.timing_only;
  job.share_systems = settings.timing_only && settings.fast_forward;
  const std::unique_ptr<hw::SampleSource> source = sample_source(config, job, reads, std::move(train), std::move(test));

  std::int64_t total_steps = 0;
  for (const hw::Stage& stage : job.stages) total_steps += stage.steps;
  const std::unique_ptr<LaunchRunner> programs = program_runner(settings, machine.spec, plan);
  const std::filesystem::path folder = make_run_folder(settings.model_dir, config.model.name);
  if (settings.resume) keep_results_before(folder, initial.global_step);
  proto::TraceFile trace(settings.vcd, settings.vcd_scopes);
  RunLog log(folder / "run.log", config.runconfig.log_steps, total_steps, job.timing_only, settings.resume);
  RunRecorder recorder(job, eval_samples, log, folder, seeds_of(config));
  ThreadPool pool(settings.threads);
  hw::LaunchMemo memo;
  if (!settings.vcd_pes.empty()) programs->trace(settings.vcd_pes, trace.recorder());
  const hw::SystemPlan shared{
      &job,
      &machine.spec,
      plan.mapping,
      {settings.cut_rows, settings.cut_columns},
      settings.fast_forward ? &memo : nullptr,
      [&plan](bool for_training, int launch) {
        return (for_training ? plan.train : plan.eval)[static_cast<std::size_t>(launch)].predicted;
      },
      &pool,
      programs.get()};
  StopRequest stop([&recorder] { return recorder.failed(); });
  hw::Cluster cluster("cluster", shared, initial, *source, stop, recorder, trace.recorder());
  log.line(fmt::format("{} on {} x {}: {}, {} tokens on a wafer, {} micro-batch(es)", config.model.name, job.systems,
                       machine.spec.name, pes_text(plan.mapping), plan.tokens, plan.micro_batches));
  if (settings.model_dir.empty()) mark_latest(folder);
  cluster.run();

  RunReport report;
  report.model = config.model.name;
  report.machine = machine.spec.name;
  report.mode = trains ? (evaluates ? "train_and_eval" : "train") : "eval";
  report.configuration = {{"machine", hw::echo(machine.values)}, {"model", hw::echo(model.values)}};
  report.plan = plan_json(plan, job.layers);
  report.timing_only = job.timing_only;
  report.systems = job.systems;
  report.batch = job.batch;
  report.micro_batches = job.micro_batches;
  report.pes = static_cast<std::int64_t>(machine.spec.fabric.user_width) * machine.spec.fabric.user_height;
  report.clock_mhz = machine.spec.clock.mega_hertz;
  for (const hw::MatrixLayer& layer : job.layers) report.layers.push_back(layer.name);
  report.steps = std::move(recorder.steps());
  report.launches = cluster.system(0).launches();
  report.updates = cluster.memoryx().updates();
  std::sort(report.updates.begin(), report.updates.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.train_step, a.start, a.layer) < std::tuple(b.train_step, b.start, b.layer);
  });
  report.links = cluster.link_records();
  report.classes = cluster.system(0).class_cycles();
  report.cycles = cluster.system(0).wafer_cycles();
  place_steps(report);
  report.host.wall_seconds = std::chrono::duration<double>(Clock::now() - began).count();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  report.host.peak_memory_mib = static_cast<double>(usage.ru_maxrss) / 1024.0;
  report.host.threads = settings.threads;
  report.host.regions = cluster.system(0).wafer().regions();
  report.host.cut_crossings = cluster.system(0).wafer().cut_crossings();
  report.host.fast_forward = settings.fast_forward;
  report.host.systems = cluster.systems();
  if (programs) report.programs = programs->totals();
  // One file that cannot be written (a full disk) neither hides another nor keeps the rest from being written.
  std::vector<std::string> unwritten;
  const auto attempt = [&unwritten](const auto& write) {
    try {
      write();
    } catch (const UsageError& error) {
      unwritten.emplace_back(error.what());
    }
  };
  const std::string summary = summary_text(report);
  attempt([&] { recorder.rethrow(); });
  attempt([&] { write_whole(folder / "report.json", to_json(report).dump() + "\n"); });
  attempt([&] { write_whole(folder / "summary.txt", summary); });
  attempt([&] { trace.write(); });
  std::fputs(("\n" + summary).c_str(), stdout);
  check_conservation(report);
  if (!unwritten.empty()) throw UsageError(fmt::format("{}", fmt::join(unwritten, "\n")));
  log.line(fmt::format("{}; report, summary and log in {}",
                       stop.requested() ? "Stopped as asked after a whole step" : "Run completed", folder.string()));
  return 0;
}

}  // namespace weft::sw
