#include "sw/graph/model_file.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "sw/frontend/style_translation.h"
#include "sw/graph/model_limits.h"
#include "sw/graph/network_section.h"
#include "sw/graph/optimizer_section.h"
#include "sw/graph/schedule_section.h"
#include "tlm/base/named_file.h"

namespace weft::sw {
namespace {

/// 2048 systems of half a million samples each; counted in int. How many were predicted right is summed in fp32, on the
/// wafer and in SwarmX: exact up to 2^24 samples of a micro-batch over all systems.
const IntegerRange kBatchRange{1, 1 << 30};
/// The step counter's width.
constexpr std::int64_t kMaxSteps = 2'147'483'647;

DataConfig read_data(YamlSection section, const DataConfig& defaults, std::optional<int> batch_default) {
  DataConfig data;
  data.data_processor = section.choice<std::string>("data_processor",
                                                    {{"MNISTDataProcessor", "mnist"},
                                                     {"mnist", "mnist"},
                                                     {"synthetic", "synthetic"},
                                                     {"GptTextDataProcessor", "text"},
                                                     {"text", "text"},
                                                     {"GptHDF5DataProcessor", "hdf5"},
                                                     {"hdf5", "hdf5"}},
                                                    defaults.data_processor);
  data.batch_size = section.integer("batch_size", kBatchRange, batch_default);
  const bool is_text = data.data_processor == "text", is_sequences = data.is_sequences();
  if (!is_sequences) refuse_text_keys(section);
  if (data.data_processor == "synthetic") {
    for (const auto* key : {"data_dir", "split", "data_set", "transpose", "shuffle", "normalise", "drop_last_batch"})
      section.not_used(key, "synthetic samples are made up in order, read from no file, and have no such key");
    data.samples = section.integer64("samples", {1, kMaxSteps}, defaults.samples);
    data.shuffle_seed = static_cast<std::uint64_t>(
        section.integer64("shuffle_seed", kSeedRange, static_cast<std::int64_t>(defaults.shuffle_seed)));
    data.drop_last_batch = defaults.drop_last_batch;
    return data;
  }
  section.not_used("samples", "the files say how many there are");
  const std::string own_dir = is_text ? "data/text" : is_sequences ? "data/sequences" : "data/mnist";
  data.data_dir = section.text("data_dir", defaults.data_dir.empty() ? own_dir : defaults.data_dir);
  if (data.data_dir.empty())
    section.reject("data_dir", fmt::format("must name a folder; without the key it is {}", own_dir));
  if (is_sequences && !is_text)
    section.not_used("split", "all files of data_dir are read; an evaluation has a data_dir of its own");
  else
    data.split = section.choice<hw::DataPart>(
        "split", {{"train", hw::DataPart::train}, {"val", hw::DataPart::val}, {"test", hw::DataPart::test}},
        defaults.split);
  if (is_sequences) {
    for (const auto* key : {"data_set", "transpose", "normalise"})
      section.not_used(key, "samples are sequences of token ids, and have no such key");
    data.text = is_text ? read_text_keys(section, defaults.text) : read_sequence_keys(section, defaults.text);
  } else {
    data.data_set = section.text("data_set", defaults.data_set);
    data.transpose = section.boolean("transpose", defaults.transpose);
  }
  data.shuffle = section.boolean("shuffle", defaults.shuffle);
  data.shuffle_seed = static_cast<std::uint64_t>(
      section.integer64("shuffle_seed", kSeedRange, static_cast<std::int64_t>(defaults.shuffle_seed)));
  if (!is_sequences) {
    auto normalise = section.section("normalise");
    data.mean = normalise.real("mean", {-1e6, 1e6}, defaults.mean);
    data.std = normalise.real("std", {1e-6, 1e6}, defaults.std);
  }
  data.drop_last_batch = section.boolean("drop_last_batch", defaults.drop_last_batch);
  return data;
}

/// Mean and deviation are those of MNIST's training pixels (source: Model Zoo, fc_mnist).
DataConfig read_train_input(YamlSection section) {
  DataConfig defaults;
  defaults.data_processor = "mnist";
  defaults.shuffle = true;
  defaults.shuffle_seed = 1;
  defaults.mean = 0.1307;
  defaults.std = 0.3081;
  defaults.samples = 1 << 20;
  defaults.drop_last_batch = true;
  return read_data(std::move(section), defaults, std::nullopt);
}

/// What eval_input leaves out is as in train_input, but in the order of the file, and every sample counts.
DataConfig read_eval_input(YamlSection section, const DataConfig& train) {
  DataConfig defaults = train;
  defaults.split = hw::DataPart::test;
  defaults.shuffle = false;
  defaults.drop_last_batch = false;
  return read_data(std::move(section), defaults, train.batch_size);
}

MicroBatch read_micro_batch(YamlSection& section) {
  using Kind = MicroBatch::Kind;
  if (!section.has("micro_batch_size") || section.is_word("micro_batch_size")) {
    const std::vector<std::pair<std::string, Kind>> names{{"auto", Kind::automatic}, {"none", Kind::none}};
    return {section.choice<Kind>("micro_batch_size", names, Kind::automatic), 0};
  }
  return {Kind::samples, section.integer("micro_batch_size", {1, kBatchRange.high, "or auto, or none"})};
}

/// auto, none, or the layers of a segment.
int read_recompute(YamlSection& section) {
  if (!section.has("recompute") || section.is_word("recompute"))
    return section.choice<int>("recompute", {{"auto", 0}, {"none", kMaxLayers}}, 0);
  return section.integer("recompute", {1, kMaxLayers, "or auto, or none"});
}

PlanWishes read_wishes(YamlSection& section) {
  PlanWishes plan;
  plan.micro_batch_size = read_micro_batch(section);
  plan.recompute = read_recompute(section);
  plan.lanes = !section.has("lanes") || section.is_word("lanes")
                   ? section.choice<int>("lanes", {{"auto", 0}}, 0)
                   : section.integer("lanes", {1, kMaxFeatures, "or auto"});
  plan.features_over = section.choice<FeaturesOver>(
      "features_over",
      {{"auto", FeaturesOver::automatic}, {"rows", FeaturesOver::rows}, {"columns", FeaturesOver::columns}},
      FeaturesOver::automatic);
  plan.stream_order.by_element =
      section.choice<bool>("stream_order", {{"by_round", false}, {"by_element", true}}, false);
  plan.stream_order.block = section.integer("stream_block", {1, kMaxFeatures}, 1);
  plan.sparse_wire = section.choice<SparseWire>(
      "sparse_wire", {{"auto", SparseWire::automatic}, {"sparse", SparseWire::sparse}, {"dense", SparseWire::dense}},
      SparseWire::automatic);
  return plan;
}

/// 500: steps; 0.5, 1.0: a share of all.
void read_eval_frequency(YamlSection& section, RunConfig& run) {
  const double value = section.real("eval_frequency", {0, static_cast<double>(kMaxSteps)}, 0.0);
  const YamlTree* written = section.tree("eval_frequency");
  if (!written || !section.good("eval_frequency")) return;
  const bool is_share = value <= 1 && written->scalar.find_first_of(".eE") != std::string::npos;
  if (is_share) {
    run.eval_share = value;
  } else if (value != std::trunc(value)) {
    section.reject("eval_frequency", "allowed: whole steps, or a share of all training steps, 0 to 1");
  } else {
    run.eval_frequency = static_cast<std::int64_t>(value);
  }
}

RunConfig read_runconfig(YamlSection section) {
  RunConfig run;
  run.mode = section.choice<Mode>(
      "mode", {{"train", Mode::train}, {"eval", Mode::eval}, {"train_and_eval", Mode::train_and_eval}}, Mode::train);
  run.num_epochs = section.has("num_epochs") ? section.integer64("num_epochs", {1, kMaxSteps}) : 0;
  run.steps_per_epoch = section.has("steps_per_epoch") ? section.integer64("steps_per_epoch", {1, kMaxSteps}) : 0;
  const bool is_counted = run.mode == Mode::eval || section.has("num_epochs");
  const auto no_training = is_counted ? std::optional<std::int64_t>{0} : std::nullopt;
  run.max_steps = section.integer64("max_steps", {1, kMaxSteps, "the step counter's width"}, no_training);
  run.eval_steps = section.integer64("eval_steps", {0, kMaxSteps}, 0);
  read_eval_frequency(section, run);
  run.keep_checkpoints = section.integer64("keep_checkpoints", {0, kMaxSteps}, 0);
  run.check_loss_values = section.boolean("check_loss_values", true);
  run.log_steps = section.integer64("log_steps", {1, kMaxSteps}, 1);
  run.checkpoint_steps = section.integer64("checkpoint_steps", {0, kMaxSteps}, 0);
  run.save_initial_checkpoint = section.boolean("save_initial_checkpoint", false);
  run.seed = static_cast<std::uint64_t>(section.integer64("seed", kSeedRange, 1));
  run.num_csx = section.integer("num_csx", {1, 65'536}, 1);
  run.whole_tensor_placement = section.choice<bool>("placement", {{"striped", false}, {"whole_tensor", true}}, false);
  run.plan = read_wishes(section);
  return run;
}

/// Every system gets an equal shard, every micro-batch an equal part of it.
void check_batch(YamlSection& section, const DataConfig& data, const RunConfig& run) {
  if (!section.good("batch_size") || !section.good("max_sequence_length")) return;
  if (std::int64_t{data.batch_size} * data.sample_tokens() > kBatchRange.high)
    section.reject("batch_size", fmt::format("{} sequences of {} tokens; allowed: {} tokens", data.batch_size,
                                             data.sample_tokens(), kBatchRange.high));
  if (data.batch_size % run.num_csx != 0) {
    const int below = data.batch_size / run.num_csx * run.num_csx;
    const auto lower = below > 0 ? fmt::format("{} or ", below) : "";
    section.reject("batch_size", fmt::format("does not divide among {} systems (num_csx); nearest: {}{}", run.num_csx,
                                             lower, below + run.num_csx));
    return;
  }
  const int shard = data.batch_size / run.num_csx;
  const auto& micro = run.plan.micro_batch_size;
  if (micro.kind == MicroBatch::Kind::samples && shard % micro.samples != 0) {
    section.reject("batch_size",
                   fmt::format("a system's {} samples do not divide into micro-batches of {}", shard, micro.samples));
  }
}

ModelConfig read_config(YamlSection root, const std::string& file_name) {
  ModelConfig config;
  auto train_input = root.section("train_input");
  auto eval_input = root.section("eval_input");
  auto optimizer = root.section("optimizer");
  config.train_input = read_train_input(train_input);
  config.eval_input = read_eval_input(eval_input, config.train_input);
  DataConfig known = config.train_input;
  if (!train_input.good("max_sequence_length")) known.text.max_sequence_length = 0;  // no second word about it
  config.model = read_network(root.section("model"), known, file_name);
  config.optimizer = read_optimizer(optimizer);
  config.schedule = read_schedule(optimizer);
  config.clip = read_clip(optimizer);
  config.loss_scale = read_loss_scale(optimizer, config.model.format);
  if (config.model.transformer() && !config.train_input.is_sequences())
    train_input.reject("data_processor", "a transformer reads sequences of tokens; allowed: text, hdf5");
  const TransformerConfig* transformer = config.model.transformer();
  const bool masks = transformer && transformer->family == TransformerFamily::encoder;
  if (!masks && config.train_input.data_processor == "text")
    for (const char* key : {"masked_lm_prob", "max_predictions_per_seq"}) {
      train_input.not_used(key, "only model_name: bert predicts masked tokens");
      eval_input.not_used(key, "only model_name: bert predicts masked tokens");
    }
  config.train_input.text.masked = config.eval_input.text.masked = masks && config.train_input.data_processor == "text";
  auto runconfig = root.section("runconfig");
  config.runconfig = read_runconfig(runconfig);
  if (runconfig.has("precision_opt_level"))
    config.model.precision_opt_level =
        static_cast<int>(runconfig.integer("precision_opt_level", {0, 1, "2, 16 bits in attention, is not modelled"}));
  const DataConfig& on_wafer = config.runconfig.mode == Mode::eval ? config.eval_input : config.train_input;
  config.runconfig.plan.sample_tokens = on_wafer.sample_tokens();
  if (config.model.half_gradients) config.runconfig.plan.gradient_wire = hw::GradientWire(config.model.format);
  const auto& run = config.runconfig;
  if (!runconfig.good("num_csx") || !runconfig.good("micro_batch_size")) return config;
  if (run.mode != Mode::eval) check_batch(train_input, config.train_input, run);
  if (run.mode != Mode::train) check_batch(eval_input, config.eval_input, run);
  if (run.mode != Mode::train && config.eval_input.data_processor != config.train_input.data_processor)
    eval_input.reject("data_processor", fmt::format("one source serves a run, so allowed: {}, as in train_input",
                                                    config.train_input.data_processor));
  const TextConfig &train_text = config.train_input.text, &eval_text = config.eval_input.text;
  if (run.mode != Mode::train && eval_text.tokenizer != train_text.tokenizer)
    eval_input.reject("tokenizer", "one tokenizer serves a run: that of train_input");
  if (run.mode == Mode::train_and_eval && config.eval_input.split != config.train_input.split &&
      eval_text.held_out != train_text.held_out)
    eval_input.reject("held_out", fmt::format("allowed: {:g}, as in train_input, or the two would share sequences",
                                              train_text.held_out));
  if (run.mode != Mode::train && eval_text.vocabulary_dir != train_text.vocabulary_dir)
    eval_input.reject("vocabulary_dir", "one vocabulary serves a run: that of train_input");
  if (run.mode == Mode::train_and_eval && eval_input.good("max_sequence_length") &&
      config.eval_input.sample_tokens() != config.train_input.sample_tokens())
    eval_input.reject("max_sequence_length",
                      fmt::format("train_and_eval runs both on one plan, so allowed: {}, as in train_input",
                                  config.train_input.sample_tokens()));
  if (run.mode == Mode::train_and_eval && eval_input.good("batch_size") &&
      config.eval_input.batch_size != config.train_input.batch_size) {
    eval_input.reject("batch_size",
                      fmt::format("train_and_eval runs both on one plan, so allowed: {}, as in train_input",
                                  config.train_input.batch_size));
  }
  return config;
}

}  // namespace

int NetworkConfig::input_features() const {
  return transformer() ? transformer()->input_features() : fully_connected()->input_features;
}

int NetworkConfig::num_classes() const {
  return transformer() ? transformer()->vocab_size : fully_connected()->num_classes;
}

ModelFile parse_model(const std::string& text, const std::filesystem::path& name,
                      const std::vector<std::string>& overrides) {
  YamlSource source(text, name);
  StyleTranslation style(source);
  for (const std::string& override_text : overrides) style.apply(override_text);
  ModelFile file;
  file.notes = style.notes();
  YamlReader reader(std::move(source), [&style](const std::string& path) { return style.spelling(path); });
  // A config.json is called by its folder.
  const bool is_config = name.filename() == "config.json" && name.has_parent_path();
  file.config = read_config(reader.root(), (is_config ? name.parent_path().filename() : name.stem()).string());
  reader.finish();
  file.values = reader.values();
  file.notes.insert(file.notes.end(), reader.notes().begin(), reader.notes().end());
  return file;
}

ModelFile read_model(const std::string& name_or_path, const std::filesystem::path& models_dir,
                     const std::vector<std::string>& overrides) {
  const auto file = named_yaml("model", name_or_path, models_dir);
  return parse_model(read_text_file(file), file, overrides);
}

void use_data_folder(ModelFile& model, const std::filesystem::path& folder) {
  for (ResolvedValue& value : model.values)
    if (value.path == "train_input.data_dir" || value.path == "eval_input.data_dir") {
      value.value = folder.string();
      value.origin = "flag --data";
      (value.path == "train_input.data_dir" ? model.config.train_input : model.config.eval_input).data_dir =
          folder.string();
    }
}

}  // namespace weft::sw
