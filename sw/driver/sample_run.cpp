#include "sw/driver/sample_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "hw/cluster/cluster.h"
#include "sw/checkpoint/checkpoint.h"
#include "sw/driver/first_not_finite.h"
#include "sw/driver/growing_text.h"
#include "sw/driver/job_builder.h"
#include "sw/driver/model_of_checkpoint.h"
#include "sw/driver/run_layers.h"
#include "sw/driver/run_plan.h"
#include "sw/driver/run_text.h"
#include "sw/driver/starting_file.h"
#include "sw/text/token_choice.h"
#include "tlm/base/error.h"
#include "tlm/trace/recorder.h"

namespace weft::sw {

namespace {

/// What the loss reads of one token, on the wafer as it stands.
std::vector<float> logits_of(const hw::Job& job, const hw::Wafer& wafer, int token) {
  const auto loss = std::find_if(job.eval_launches.begin(), job.eval_launches.end(), [](const hw::Launch& launch) {
    return hw::kernel_of(launch.kind).role == hw::KernelRole::loss;
  });
  const int tensor = loss->reads.of(hw::Operand::values);
  int lane = 0;
  while (token >= wafer.lane_first_token(lane) + wafer.lane_tokens(lane)) ++lane;
  const hw::FeatureBlock block = wafer.lane(lane).gather(tensor);
  const int place = wafer.lane(lane).order().place_of(token - wafer.lane_first_token(lane));
  std::vector<float> logits(static_cast<std::size_t>(job.layers.back().outputs));
  for (std::size_t id = 0; id < logits.size(); ++id) logits[id] = block.row(static_cast<int>(id))[place];
  return logits;
}

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// Chooses a token when the result of a step is there, while the wafer waits for the next samples.
class TextWriter final : public hw::RunObserver {
 public:
  /// All outlive it.
  TextWriter(const hw::Job& job, const Tokenizer& tokenizer, GrowingText& text, TokenChoice choice)
      : job_(job), tokenizer_(tokenizer), text_(text), choice_(choice) {}

  void watch(const hw::Cluster& cluster) { cluster_ = &cluster; }

  void on_step(const hw::StepResult& result) override {
    std::vector<float> logits = logits_of(job_, cluster_->system(0).wafer(), text_.last_place());
    logits.resize(static_cast<std::size_t>(tokenizer_.size()));  // the model may tell more apart than there are
    if (!std::all_of(logits.begin(), logits.end(), [](float logit) { return std::isfinite(logit); }))
      throw SimulationError(fmt::format("token {}: the logits are no finite numbers", result.step + 1));
    const std::int32_t id = choice_.next(logits);
    text_.append(id);
    put(tokenizer_.decode({id}));
    if (result.step == 0) first_ = result.at;
    last_ = result.at;
    ++tokens_;
  }
  void on_checkpoint(const hw::TrainingState&, Picosecond) override {}

  /// What it took, on one line.
  std::string summary(const std::string& machine) const {
    const double seconds = static_cast<double>(last_) * 1e-12;
    std::string text =
        fmt::format("{} token{} in {:.6f} s simulated on {}", tokens_, tokens_ == 1 ? "" : "s", seconds, machine);
    if (tokens_ > 1)
      text += fmt::format(", {:.0f} tokens/s after the first",
                          static_cast<double>(tokens_ - 1) / (static_cast<double>(last_ - first_) * 1e-12));
    return text;
  }

 private:
  const hw::Job& job_;
  const Tokenizer& tokenizer_;
  GrowingText& text_;
  TokenChoice choice_;
  const hw::Cluster* cluster_ = nullptr;
  std::int64_t tokens_ = 0;
  Picosecond first_ = 0, last_ = 0;
};

TokenIds prompt_ids(const std::string& prompt, const Tokenizer& tokenizer) {
  TokenIds ids = tokenizer.encode(prompt, "--prompt");
  if (!ids.empty()) return ids;
  if (const auto end = tokenizer.end_of_text()) return {*end};
  throw UsageError(
      "weft sample: say with --prompt what the text begins with; the vocabulary has no token that stands before a "
      "text");
}

}  // namespace

int run_sample(const SampleSettings& settings) {
  const std::filesystem::path start = file_or_newest("weft sample", settings.run.checkpoint);
  const CheckpointIdentity from = read_identity(start);
  const ModelFile model = text_model_of(from, start);
  const ModelConfig& config = model.config;
  if (config.model.transformer()->family == TransformerFamily::encoder)
    throw UsageError(fmt::format(
        "{}: a bert was trained to predict masked tokens, and writes no text; gpt and llama do", start.string()));
  const hw::MachineFile machine =
      hw::read_machine(settings.run.machine.empty() ? from.settings.at("machine.name") : settings.run.machine,
                       settings.run.root / "hw/machines");

  const TextConfig& text_config = config.train_input.text;
  std::vector<NeededData> needed;
  if (text_config.tokenizer == TokenizerKind::gpt2) needed.push_back(look_for_vocabulary(text_config, settings.run));
  for (const NeededData& data : needed)
    if (!data.missing.empty()) throw UsageError(data.missing);
  const std::unique_ptr<Tokenizer> tokenizer = run_tokenizer(text_config, needed, start);
  const TokenIds prompt = prompt_ids(settings.prompt, *tokenizer);

  std::vector<hw::MatrixLayer> layers = layers_of_run(config, start);
  const Plan plan = plan_of(model, machine, layers, settings.run);
  hw::TrainingState initial = initial_state(config);
  read_weights(start, initial);
  if (const auto bad = unusable_in(initial, config.model.format))
    throw UsageError(fmt::format("{}: {}", start.string(), *bad));
  const hw::Job job = build_job(config, layers, plan, 0, 0, settings.tokens);
  const int outputs = job.layers.back().outputs;
  if (tokenizer->size() > outputs)
    throw UsageError(fmt::format("{}: the model tells {} tokens apart, the vocabulary beside it has {}", start.string(),
                                 outputs, tokenizer->size()));

  GrowingText text(job.sample_tokens, token_form(config, job.layers), prompt);
  TextWriter writer(job, *tokenizer, text, TokenChoice(settings.temperature, settings.seed));
  ThreadPool pool(settings.run.threads);
  hw::LaunchMemo memo;
  hw::SystemPlan shared;
  shared.job = &job;
  shared.machine = &machine.spec;
  shared.mapping = plan.mapping;
  shared.memo = &memo;
  shared.predict = [&plan](bool, int launch) { return plan.eval[static_cast<std::size_t>(launch)].predicted; };
  shared.pool = &pool;
  hw::RunToEnd control;
  proto::NullRecorder recorder;
  hw::Cluster cluster("cluster", shared, initial, text, control, writer, recorder);
  writer.watch(cluster);
  put(settings.prompt);
  cluster.run();
  put("\n");
  std::fputs(fmt::format("weft: {}\n", writer.summary(machine.spec.name)).c_str(), stderr);
  return 0;
}

}  // namespace weft::sw
