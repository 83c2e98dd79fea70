#include "sw/driver/prepared_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <optional>

#include "hw/input/dataset_source.h"
#include "hw/input/sample_walk.h"
#include "hw/input/synthetic_source.h"
#include "hw/input/token_source.h"
#include "rtl/cosim/tile_source.h"
#include "sw/driver/chosen_tile.h"
#include "sw/driver/content_crc.h"
#include "sw/driver/first_not_finite.h"
#include "sw/driver/job_builder.h"
#include "sw/driver/run_data.h"
#include "sw/driver/run_layers.h"
#include "sw/driver/run_plan.h"
#include "sw/driver/starting_file.h"
#include "sw/driver/starting_weights.h"
#include "sw/driver/state_at_start.h"
#include "sw/driver/step_settings.h"
#include "sw/identity/build_identity.h"
#include "sw/kernels/program_fit.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

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

std::unique_ptr<hw::SampleSource> sample_source(const ModelConfig& config, const hw::Job& job, RunData read,
                                                std::optional<hw::DataPosition> from) {
  const DataConfig& data = config.train_input;
  const int inputs = hw::sample_form(job.layers).features, outputs = job.layers.back().outputs;
  if (job.timing_only) return std::make_unique<NoSamples>(inputs);
  if (data.data_processor == "mnist")
    return std::make_unique<hw::DatasetSource>(job, std::move(read.train), std::move(read.eval), data.shuffle,
                                               data.shuffle_seed, from);
  if (data.is_sequences())
    return std::make_unique<hw::TokenSource>(job, std::move(read.text.train), std::move(read.text.eval),
                                             token_form(config, job.layers), data.shuffle, data.shuffle_seed, from,
                                             read.text.masking, read.text.pairs);
  return std::make_unique<hw::SyntheticSource>(job, inputs, outputs, data.samples, data.shuffle_seed, from);
}

/// What a run that goes on from `file` changes; throws UsageError unless it may.
std::vector<std::string> changes_allowed(const StepSettings& before, const StepSettings& now,
                                         const RunSettings& settings, const std::filesystem::path& file) {
  std::vector<std::string> changes = setting_changes(before, now);
  if (changes.empty() || settings.resume_changed) return changes;
  throw UsageError(fmt::format(
      "{}: was written with other settings; this run would not go on to the same bits:\n  {}\nGive this run "
      "the same, say --resume_changed to go on all the same, or take the weights alone with "
      "--initial_weights",
      file.string(), fmt::join(changes, "\n  ")));
}

/// Goes on from `file` (empty: begins), unless only the weights of it are asked for; `from`: whose state it goes on
/// with.
hw::TrainingState starting_state(const ModelConfig& config, const std::vector<hw::MatrixLayer>& layers,
                                 const RunSettings& settings, const std::filesystem::path& file, bool weights_alone,
                                 CheckpointIdentity& from) {
  if (settings.timing_only) {
    hw::TrainingState state;
    for (const hw::MatrixLayer& layer : layers) state.layers.push_back({layer.name, {}, 0});
    state.loss_scale = config.loss_scale.initial;
    return state;
  }
  if (weights_alone || file.empty()) {
    hw::TrainingState state = initial_state(config);
    if (!file.empty()) take_weights(file, config, state);
    prune(layers, state);
    return state;
  }
  hw::TrainingState state = read_checkpoint(file, layers, config.optimizer, &from);
  require_pruned(layers, state);
  return state;
}

/// What --initial_weights took, by its content; empty: the seed says it.
std::string weights_text(const std::filesystem::path& file, const hw::TrainingState& initial) {
  if (file.empty()) return {};
  uLong sum = 0;
  for (const hw::LayerState& layer : initial.layers)
    for (const hw::StateTensor& tensor : layer.tensors) sum = content_crc(sum, tensor.values);
  return fmt::format("weights {:08x}", sum);
}

/// An array's memory stands in its set-up and in the PEs that play it.
void require_room(const hw::MachineSpec& machine, const hw::Rectangle& pes) {
  const double needed = 2.0 * pes.width * pes.height * static_cast<double>(machine.pe.sram_bytes);
  const double there = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (needed > there)
    throw UsageError(
        fmt::format("PE programs of {} x {} PEs need {:.0f} GiB of memory, this computer has {:.0f}: a smaller plan "
                    "(runconfig.lanes, train_input.batch_size) or machine",
                    pes.width, pes.height, needed / (1 << 30), there / (1 << 30)));
}

/// What of a model makes a launch's program longer than its kernel's usual one.
std::string shorter_with(const hw::Launch& launch, const hw::MatrixLayer& layer) {
  const hw::Kernel& kernel = hw::kernel_of(launch.kind);
  std::vector<std::string> changes;
  if (kernel.by_pairs && layer.attention.rotary_features > 0)
    changes.emplace_back("positions that turn a whole head (model.rotary_dim)");
  if (!kernel.streams() && layer.attention.queries > 1)
    changes.emplace_back("fewer heads of queries to one of keys (model.num_kv_heads)");
  if (kernel.streams()) changes.emplace_back("another shape of its rectangle (runconfig.lanes)");
  return changes.empty() ? "" : fmt::format("; shorter with {}", fmt::join(changes, " or "));
}

void require_programs_fit(const RunSettings& settings, const hw::MachineSpec& machine, const Plan& plan,
                          const hw::Job& job) {
  std::string text;
  for (const ProgramMisfit& misfit : program_misfits(machine, job, plan.mapping)) {
    const hw::MatrixLayer& layer = job.layers[static_cast<std::size_t>(misfit.launch->layer)];
    text += fmt::format("\n  {} {}: {}{}", layer.name, hw::kernel_name(misfit.launch->kind), misfit.why,
                        shorter_with(*misfit.launch, layer));
  }
  if (!text.empty())
    throw UsageError(
        fmt::format("{}: launches that do not fit into a PE as programs, of each shape the first:{}\n"
                    "Change the model, or run it without {}",
                    settings.explain ? "--explain" : "PE programs", text,
                    settings.explain ? "--explain" : "--pe_programs, --rtl-region and --vcd_pe"));
}

std::unique_ptr<LaunchRunner> program_runner(const RunSettings& settings, const hw::MachineSpec& machine,
                                             const Plan& plan, const hw::Job& job) {
  if (!settings.pe_programs && !settings.explain) return nullptr;
  if (plan.mapping.features_over == hw::FeatureAxis::columns)
    throw UsageError(
        "PE programs are written for features over rows; the plan has them over columns: "
        "runconfig.features_over=rows");
  const hw::Rectangle pes = on_wafer(machine, plan.mapping);
  require_programs_fit(settings, machine, plan, job);
  require_room(machine, {std::min(pes.width, plan.mapping.lane.width), plan.mapping.lane.height});
  for (const auto& [x, y] : settings.waveform.pes)
    if (x >= pes.width || y >= pes.height)
      throw UsageError(fmt::format("--vcd_pe {},{}: the plan uses {} x {} PEs", x, y, pes.width, pes.height));
  const TileRegion& region = settings.rtl_region;
  if (region.empty()) return std::make_unique<LaunchRunner>(machine, region, nullptr);
  if (region.x + region.width > pes.width || region.y + region.height > pes.height)
    throw UsageError(fmt::format("--rtl-region {},{},{},{}: the plan uses {} x {} PEs", region.x, region.y,
                                 region.width, region.height, pes.width, pes.height));
  return std::make_unique<LaunchRunner>(machine, region, rtl::tile_source(machine));
}

/// A region without PEs is no region.
void require_cut(const RunSettings& settings, const hw::Rectangle& lane) {
  if (settings.cut_rows > lane.height || settings.cut_columns > lane.width)
    throw UsageError(fmt::format("--cut {}x{}: at most {}x{}, the PEs of a lane of the plan", settings.cut_rows,
                                 settings.cut_columns, lane.height, lane.width));
}

/// Where training goes on; of a file that does not say it, where so many steps of this batch lead.
hw::DataPosition start_position(const ModelConfig& config, const CheckpointIdentity& from, std::int64_t samples,
                                std::int64_t first_step) {
  if (from.position) return *from.position;
  const int batch = config.train_input.batch_size;
  return samples < batch ? hw::DataPosition{} : hw::SampleWalk(samples, batch).after(first_step);
}

FolderUse folder_use(const RunSettings& settings) {
  if (settings.resume) return FolderUse::resume;
  return settings.overwrite ? FolderUse::overwrite : FolderUse::anew;
}

}  // namespace

PreparedRun::PreparedRun(const RunSettings& run_settings) : PreparedRun(run_settings, read_run_files(run_settings)) {}

PreparedRun::PreparedRun(const RunSettings& run_settings, RunFiles files)
    : settings(run_settings),
      machine(std::move(files.machine)),
      model(with_chosen_tile(std::move(files.model), machine)),
      // Claimed before anything in it is read: what is read stays as it is.
      folder(settings.model_dir, model.config.model.name, folder_use(settings)),
      start(settings.timing_only ? std::filesystem::path() : starting_file(settings, &folder)),
      layers(layers_of_run(model.config, start)),
      plan(plan_of(model, machine, layers, settings)) {
  const ModelConfig& config = model.config;
  const std::vector<NeededData> needed = needed_data(config, settings);
  RunData data = load_data(config, needed, start, layers.back().outputs);
  for (const NeededData& set : needed)
    if (set.stands_in)
      notes.push_back(
          fmt::format("{}: its data_dir is nowhere there; MNIST stands in, {}", set.section, set.folder.string()));
  notes.insert(notes.end(), data.text.notes.begin(), data.text.notes.end());
  vocabulary = data.text.vocabulary;
  eval_samples = evaluation_samples(config, data);
  CheckpointIdentity from;
  const bool lacks_state = !start.empty() && settings.initial_weights.empty() && is_weights_alone(start);
  if (lacks_state)
    notes.push_back(fmt::format("{} holds weights alone: the run begins with them at step 0", start.string()));
  const bool goes_on = !start.empty() && settings.initial_weights.empty() && !lacks_state;
  initial = starting_state(config, layers, settings, start, !goes_on, from);
  if (!start.empty() && config.runconfig.check_loss_values)
    if (const auto bad = unusable_in(initial, config.model.format))
      throw UsageError(fmt::format("{}: {}", start.string(), *bad));
  const StepSettings step = step_settings(model, machine, layers, plan, data.identity);
  if (goes_on && trains()) changes = changes_allowed(from.settings, step, settings, start);
  if (goes_on && !trains())
    for (const std::string& change : setting_changes(from.settings, step))
      if (change.rfind("model.", 0) == 0)
        notes.push_back(fmt::format("{}: was trained with {}", start.string(), change));
  const std::int64_t samples = trains() ? training_samples(config, data) : 0;
  const std::int64_t last_step =
      training_end(config, samples, start_position(config, from, samples, initial.global_step), initial.global_step);
  job = build_job(config, layers, plan, initial.global_step, last_step, eval_samples);
  job.timing_only = settings.timing_only;
  job.share_systems = settings.timing_only && settings.fast_forward;
  source = sample_source(config, job, std::move(data), from.position);
  require_cut(settings, plan.mapping.lane);
  programs = program_runner(settings, machine.spec, plan, job);
  if (settings.explain) programs->explain({trains() ? last_step : initial.global_step, trains()});

  state = state_at_start(settings, model, machine.spec.name);
  if (folder.before() && settings.resume) state.changed = folder.before()->changed;
  state.changed.insert(state.changed.end(), changes.begin(), changes.end());
  const bool same_run = !from.run_id.empty() && (settings.resume || changes.empty());
  state.run_id = same_run ? from.run_id : run_id(step, goes_on ? from.run_id : weights_text(start, initial));
  state.first_step = state.global_step = initial.global_step;
  const BuildIdentity built = build_identity();
  identity = {state.run_id, fmt::format("weft {}, commit {}", built.version, built.commit), state.host, step, {}};
}

Provenance PreparedRun::provenance() const {
  const BuildIdentity built = build_identity();
  Provenance from{built.version, built.commit, built.compiler, state.host, state.run_id, {}};
  for (const char* path : {"runconfig.seed", "train_input.shuffle_seed", "model.sparsity_seed"})
    for (const ResolvedValue& value : model.values)
      if (value.path == path) from.seeds.emplace_back(path, value.value);
  return from;
}

}  // namespace weft::sw
