#include "sw/cli/commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "sw/cli/budget_command.h"
#include "sw/cli/command_line.h"
#include "sw/cli/compare_command.h"
#include "sw/cli/crosscheck_command.h"
#include "sw/cli/export_command.h"
#include "sw/cli/fabric_command.h"
#include "sw/cli/help_format.h"
#include "sw/cli/keys_command.h"
#include "sw/cli/resource_root.h"
#include "sw/cli/sample_command.h"
#include "sw/cli/show_command.h"
#include "sw/cli/sweep_command.h"
#include "sw/driver/run_data.h"
#include "sw/driver/run_files.h"
#include "sw/driver/run_folder.h"
#include "sw/driver/run_plan.h"
#include "sw/driver/training_run.h"
#include "sw/identity/build_identity.h"
#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

struct RunFlags {
  RunSettings settings;
  bool validate_only = false, compile_only = false, what_it_needs = false, no_fast_forward = false;
  std::vector<std::string> cut, set;
  std::vector<int> rtl_region;
  std::vector<std::string> vcd_pes;

  /// A flag that sets a key of the model file.
  template <typename Value>
  void key(CLI::App& command, const std::string& flag, const std::string& path, const std::string& text) {
    command.add_option_function<Value>(
        flag,
        [this, path](const Value& value) { settings.model_overrides.push_back(fmt::format("{}={}", path, value)); },
        text);
  }
};

void add_run_flags(CLI::App& command, RunFlags& flags) {
  RunSettings& settings = flags.settings;
  command.add_option("model,-p,--params", settings.model, "model: a name in sw/models or a YAML file")->required();
  command.add_option("--machine", settings.machine, "machine: a name in hw/machines or a YAML file")
      ->capture_default_str();
  command.add_option("-o,--model_dir", settings.model_dir,
                     "folder of checkpoints, log and report [runs/<model>/<time>]");
  command.add_option("--data", settings.data_dir,
                     "folder of the data set, or file of a text [the model file's data_dir]");
  flags.key<int>(command, "--num_csx", "runconfig.num_csx", "systems");
  flags.key<std::int64_t>(command, "--max_steps", "runconfig.max_steps", "training steps");
  flags.key<std::int64_t>(command, "--eval_steps", "runconfig.eval_steps", "evaluation batches (0: all)");
  flags.key<std::int64_t>(command, "--checkpoint_steps", "runconfig.checkpoint_steps",
                          "a checkpoint every so many steps");
  flags.key<std::int64_t>(command, "--log_steps", "runconfig.log_steps", "a log line every so many steps");
  flags.key<std::string>(command, "--mode", "runconfig.mode", "train, eval or train_and_eval");
  command.add_option("--set", flags.set, "key=value of the model file, e.g. optimizer.learning_rate=0.01");
  command.add_option("--machine_set", settings.machine_overrides,
                     "key=value of the machine file, e.g. pe.lanes.fmac_mixed=4");
  command.add_flag("--validate_only", flags.validate_only, "stop after kernel matching and show it");
  command.add_flag("--compile_only", flags.compile_only, "stop after the plan, show it and write plan.json");
  command.add_flag("--what_it_needs", flags.what_it_needs,
                   "say which data sets the run reads and whether they are there");
  command.add_option("--plan", settings.plan, "run a plan that --compile_only wrote");
  command.add_option("--checkpoint_path", settings.checkpoint,
                     "start from this checkpoint, or from the weights of a model.safetensors");
  command.add_option("--initial_weights", settings.initial_weights,
                     "start at step 0 from the weights of this checkpoint, not its optimizer, step and seeds");
  command.add_flag("--resume", settings.resume, "go on with the run in --model_dir, from its newest checkpoint");
  command.add_flag("--resume_changed", settings.resume_changed,
                   "go on although settings that decide the bits changed, and list them");
  command
      .add_option("--checkpoint_minutes", settings.checkpoint_minutes,
                  "also a checkpoint every so many minutes of the clock on the wall")
      ->check(number_between(0, 1e6));
  command.add_flag("--overwrite", settings.overwrite,
                   "put the outputs of a run that --model_dir holds into overwritten_<n> there");
  command.add_option("--threads", settings.threads, "host threads")->check(CLI::Range(1, 256))->capture_default_str();
  command.add_option("--cut", flags.cut, "cut the wafer into ROWSxCOLUMNS regions, e.g. 2x2");
  command.add_flag("--no_fast_forward", flags.no_fast_forward, "simulate every launch, also proven repeats");
  command.add_flag("--timing_only", settings.timing_only, "time the run without computing its numbers");
  command.add_flag("--pe_programs", settings.pe_programs,
                   "run launches also as PE programs and compare every bit (implies --no_fast_forward)");
  command.add_flag("--explain", settings.explain,
                   "run one launch of each kind of the last step also as PE programs and say which PE, link or edge "
                   "held it up (implies --no_fast_forward)");
  command
      .add_option("--rtl-region,--rtl_region", flags.rtl_region,
                  "x,y,width,height: PEs that are Verilated tiles (implies --pe_programs)")
      ->delimiter(',')
      ->expected(4);
  command.add_option("--vcd", settings.waveform.file,
                     "write a waveform: FILE.vcd, .vcd.gz or .fst, and FILE.gtkw to open it");
  command
      .add_option("--vcd_scope", settings.waveform.scopes,
                  "phases, links, pes, or a pattern of track names (default: all)")
      ->delimiter(',');
  command.add_option("--vcd_pe", flags.vcd_pes,
                     "x,y: trace this PE's threads and links, cycle by cycle (implies --pe_programs); repeatable");
}

void read_cut(RunFlags& flags) {
  if (flags.cut.empty()) return;
  int used = 0;
  const std::string& text = flags.cut.back();
  if (std::sscanf(text.c_str(), "%dx%d%n", &flags.settings.cut_rows, &flags.settings.cut_columns, &used) != 2 ||
      used != static_cast<int>(text.size()) || flags.settings.cut_rows < 1 || flags.settings.cut_columns < 1)
    throw UsageError(fmt::format("--cut {}: expected ROWSxCOLUMNS, each at least 1, e.g. 2x2", text));
}

void read_rtl_region(RunFlags& flags) {
  if (flags.rtl_region.empty()) return;
  const std::vector<int>& r = flags.rtl_region;
  if (r[0] < 0 || r[1] < 0 || r[2] < 1 || r[3] < 1)
    throw UsageError(
        fmt::format("--rtl-region {},{},{},{}: expected x,y,width,height; x and y at least 0, width and "
                    "height at least 1",
                    r[0], r[1], r[2], r[3]));
  flags.settings.rtl_region = {r[0], r[1], r[2], r[3]};
  flags.settings.pe_programs = true;
}

void read_vcd_pes(RunFlags& flags) {
  RunSettings& settings = flags.settings;
  for (const std::string& text : flags.vcd_pes) {
    int x = 0, y = 0, used = 0;
    if (std::sscanf(text.c_str(), "%d,%d%n", &x, &y, &used) != 2 || used != static_cast<int>(text.size()) || x < 0 ||
        y < 0)
      throw UsageError(fmt::format("--vcd_pe {}: expected x,y, each at least 0, e.g. 3,4", text));
    if (std::find(settings.waveform.pes.begin(), settings.waveform.pes.end(), std::pair(x, y)) ==
        settings.waveform.pes.end())
      settings.waveform.pes.emplace_back(x, y);
  }
  const bool only_pes =
      !settings.waveform.scopes.empty() && std::all_of(settings.waveform.scopes.begin(), settings.waveform.scopes.end(),
                                                       [](const std::string& scope) { return scope == "pes"; });
  if (!settings.waveform.scopes.empty() && settings.waveform.file.empty())
    throw UsageError("--vcd_scope: needs --vcd FILE");
  if (only_pes && settings.waveform.pes.empty()) throw UsageError("--vcd_scope pes: say which PEs, e.g. --vcd_pe 3,4");
  if (!settings.waveform.pes.empty() && settings.waveform.file.empty()) throw UsageError("--vcd_pe: needs --vcd FILE");
  if (!settings.waveform.pes.empty() && !settings.waveform.scopes.empty()) settings.waveform.scopes.emplace_back("pes");
  settings.pe_programs |= !settings.waveform.pes.empty();
}

/// --timing_only has no numbers to start from, to compare or to keep.
void refuse_values(const RunSettings& settings) {
  if (!settings.timing_only) return;
  if (settings.pe_programs) throw UsageError("--timing_only excludes PE programs, which compute");
  if (settings.explain) throw UsageError("--timing_only excludes --explain, whose PE programs compute");
  if (settings.resume || !settings.checkpoint.empty() || !settings.initial_weights.empty())
    throw UsageError("--timing_only excludes checkpoints: it has no weights");
}

/// `weft eval` evaluates what was trained.
void require_weights(const RunSettings& settings) {
  for (const std::string& change : settings.model_overrides)
    if (change.rfind("runconfig.mode=", 0) == 0 && change != "runconfig.mode=eval")
      throw UsageError(fmt::format("weft eval with {}: use weft train", change));
  if (settings.checkpoint.empty() && settings.initial_weights.empty() && !settings.resume && !settings.timing_only)
    throw UsageError(
        "weft eval: say whose weights: --checkpoint_path FILE, --initial_weights FILE, or --resume with the run's "
        "folder (-o)");
}

int run_model(RunFlags& flags) {
  if (flags.validate_only && flags.compile_only)
    throw UsageError("--validate_only and --compile_only exclude each other");
  if (!flags.settings.plan.empty() && (flags.validate_only || flags.compile_only))
    throw UsageError("--plan runs a plan; it excludes --validate_only and --compile_only");
  if (flags.settings.resume && !flags.settings.checkpoint.empty())
    throw UsageError("--resume and --checkpoint_path exclude each other");
  if (flags.settings.resume && flags.settings.overwrite)
    throw UsageError("--resume goes on with the run of a folder, --overwrite puts it aside; they exclude each other");
  if (flags.settings.resume_changed && !flags.settings.resume && flags.settings.checkpoint.empty())
    throw UsageError("--resume_changed: needs --resume or --checkpoint_path");
  read_cut(flags);
  read_rtl_region(flags);
  read_vcd_pes(flags);
  RunSettings& settings = flags.settings;
  settings.model_overrides.insert(settings.model_overrides.end(), flags.set.begin(), flags.set.end());
  settings.root = resource_root();
  settings.data_root = data_root();
  if (settings.explain && settings.pe_programs)
    throw UsageError("--explain runs its launches alone; it excludes --pe_programs, --rtl-region and --vcd_pe");
  settings.fast_forward = !flags.no_fast_forward && !settings.pe_programs && !settings.explain;
  refuse_values(settings);
  if (flags.what_it_needs) {
    ModelFile model = read_model(settings.model, settings.root / "sw/models", settings.model_overrides);
    if (!settings.data_dir.empty()) use_data_folder(model, settings.data_dir);
    const bool reads = !flags.validate_only && !flags.compile_only;
    std::fputs(needs_text(reads ? needed_data(model.config, settings) : std::vector<NeededData>()).c_str(), stdout);
    return 0;
  }
  if (flags.validate_only || flags.compile_only) {
    const RunFiles files = read_run_files(settings);
    const std::string text =
        flags.validate_only ? validation_text(files.model) : compile(files.model, files.machine, settings);
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  return run_training(settings);
}

}  // namespace

int run_command(int argc, char* argv[]) {
  CLI::App app("weft: a cycle-approximate model of a wafer-scale cluster that trains by weight streaming", "weft");
  app.formatter(std::make_shared<HelpFormat>());
  app.require_subcommand(1);
  const BuildIdentity built = build_identity();
  app.set_version_flag("--version", fmt::format("weft {}, commit {}, {}", built.version, built.commit, built.compiler));

  RunFlags train, eval;
  CLI::App& train_command = *app.add_subcommand("train", "train a model on the simulated cluster");
  add_run_flags(train_command, train);
  CLI::App& eval_command = *app.add_subcommand("eval", "evaluate a checkpoint on the simulated cluster");
  add_run_flags(eval_command, eval);
  eval.settings.model_overrides.push_back("runconfig.mode=eval");

  const CompareCommand compare(app);
  const CrosscheckCommand crosscheck(app);
  const ExportCommand export_command(app);
  const FabricCommand fabric(app);
  const BudgetCommand budget(app);
  const SampleCommand sample(app);
  const ShowCommand show(app);
  const SweepCommand sweep(app);
  const KeysCommand keys(app);

  set_common_rules(app);
  if (argc > 1 && argv[1][0] != '-') {
    std::vector<std::string> names;
    for (const CLI::App* known : app.get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(known->get_name());
    if (std::find(names.begin(), names.end(), argv[1]) == names.end())
      throw UsageError(fmt::format("no command '{}'{}", argv[1], suggest(argv[1], names)));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const std::filesystem::path root = resource_root();
    std::fputs(
        command_line_errors(
            app, error,
            {{"model", root / "sw/models"}, {"program", root / "sw/fabric_programs"}, {"sweep", root / "sw/sweeps"}})
            .c_str(),
        stderr);
    return 2;
  }
  for (int word = 0; word < argc; ++word)
    train.settings.command += fmt::format("{}{}", word == 0 ? "" : " ", argv[word]);
  eval.settings.command = train.settings.command;
  if (train_command) return run_model(train);
  if (eval_command) {
    if (!eval.validate_only && !eval.compile_only && !eval.what_it_needs) require_weights(eval.settings);
    return run_model(eval);
  }
  if (crosscheck.chosen()) return crosscheck.run(resource_root());
  if (export_command.chosen()) return export_command.run();
  if (fabric.chosen()) return fabric.run(resource_root());
  if (budget.chosen()) return budget.run(resource_root());
  if (sample.chosen()) return sample.run(resource_root(), data_root());
  if (show.chosen()) return show.run();
  if (sweep.chosen()) return sweep.run(resource_root());
  if (keys.chosen()) return KeysCommand::run();
  return compare.run();
}

}  // namespace weft::sw
