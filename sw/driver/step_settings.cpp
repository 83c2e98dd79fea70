#include "sw/driver/step_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "sw/compiler/order_check.h"
#include "sw/compiler/plan_text.h"
#include "sw/driver/content_crc.h"
#include "tlm/base/split_mix.h"

namespace weft::sw {

namespace {

/// How long, how often, where, what is measured beside the training, whether zeros travel: none of it reaches a weight.
/// And what stands in step_settings() by what it comes to.
bool decides_nothing(const std::string& path) {
  static const std::vector<std::string> without_effect = {"model.attention_skip_masked",
                                                          "model.attention_tile_keys",
                                                          "model.gradient_wire",
                                                          "model.name",
                                                          "model.sparsity",
                                                          "model.sparsity_seed",
                                                          "optimizer.clip_timing",
                                                          "runconfig.check_loss_values",
                                                          "runconfig.checkpoint_steps",
                                                          "runconfig.eval_frequency",
                                                          "runconfig.eval_steps",
                                                          "runconfig.keep_checkpoints",
                                                          "runconfig.log_steps",
                                                          "runconfig.max_steps",
                                                          "runconfig.mode",
                                                          "runconfig.num_epochs",
                                                          "runconfig.precision_opt_level",
                                                          "runconfig.save_initial_checkpoint",
                                                          "runconfig.sparse_wire",
                                                          "runconfig.steps_per_epoch",
                                                          "train_input.data_dir",
                                                          "train_input.data_set",
                                                          "train_input.held_out",
                                                          "train_input.shuffle",
                                                          "train_input.vocabulary_dir"};
  return path.rfind("eval_input.", 0) == 0 || std::binary_search(without_effect.begin(), without_effect.end(), path);
}

std::string mask_text(const std::vector<hw::MatrixLayer>& layers) {
  std::string text;
  for (const hw::MatrixLayer& layer : layers) {
    if (!layer.trained) continue;
    uLong sum = 0;
    for (int output = 0; output < layer.outputs; ++output) {
      std::vector<int> kept;
      layer.trained->for_each(output, 0, layer.inputs, [&kept](int input) { kept.push_back(input); });
      if (layer.bias) kept.push_back(layer.inputs);
      sum = content_crc(sum, kept);
    }
    text +=
        fmt::format("{}{} keeps {} weights ({:08x})", text.empty() ? "" : ", ", layer.name, layer.trained->kept(), sum);
  }
  return text.empty() ? "dense" : text;
}

std::string plan_settings(const Plan& plan) {
  return fmt::format("{}, {}, {} micro-batches of {}, output weights {}, {} layers a segment, {}",
                     pes_text(plan.mapping), axis_text(plan.mapping.features_over), plan.micro_batches, plan.tokens,
                     plan.retain ? "retained" : "streamed", plan.segment, order_text(plan.order));
}

}  // namespace

StepSettings step_settings(const ModelFile& model, const hw::MachineFile& machine,
                           const std::vector<hw::MatrixLayer>& layers, const Plan& plan,
                           const std::string& training_data) {
  StepSettings settings;
  for (const ResolvedValue& value : model.values)
    if (!decides_nothing(value.path)) settings[value.path] = value.value;
  const int level = model.config.model.precision_opt_level;
  for (const ResolvedValue& value : machine.values)
    if (level > 0 || value.path != "pe.lanes.fmac_fp16") settings["machine." + value.path] = value.value;
  if (model.config.model.half_gradients) settings["model.gradient_wire"] = "fp16_type";
  if (level > 0) settings["runconfig.precision_opt_level"] = std::to_string(level);
  const TransformerConfig* transformer = model.config.model.transformer();
  if (transformer && transformer->skip_masked) settings["model.attention_skip_masked"] = "true";
  if (transformer && transformer->tile_keys > 0)
    settings["model.attention_tile_keys"] = std::to_string(transformer->tile_keys);
  const DataConfig& data = model.config.train_input;
  if (settings.count("train_input.samples") == 0)
    settings["train_input.shuffle_seed"] =
        data.shuffle || data.text.masked ? std::to_string(data.shuffle_seed) : "none";
  if (!training_data.empty()) settings["training data"] = training_data;
  settings["kept weights"] = mask_text(layers);
  settings["plan"] = plan_settings(plan);
  return settings;
}

std::vector<std::string> setting_changes(const StepSettings& before, const StepSettings& now) {
  // A file of format 1 or 2 names no setting, or the seeds alone.
  const bool silent = before.count("plan") == 0;
  std::vector<std::string> changes;
  const auto change = [&changes](const std::string& path, const std::string& old_value, const std::string& new_value) {
    changes.push_back(fmt::format("{} {}, this run has {}", path, old_value, new_value));
  };
  for (const auto& [path, value] : before) {
    const auto found = now.find(path);
    if (found == now.end()) {
      change(path, value, "none");
    } else if (found->second != value) {
      change(path, value, found->second);
    }
  }
  for (const auto& [path, value] : now)
    if (!silent && before.count(path) == 0) change(path, "none", value);
  return changes;
}

std::string run_id(const StepSettings& settings, const std::string& start) {
  std::uint64_t hash = split_mix_gamma;
  const auto add = [&hash](const std::string& text) {
    for (const char letter : text) hash = split_mix(hash + split_mix_gamma + static_cast<unsigned char>(letter));
    hash = split_mix(hash + 2 * split_mix_gamma + 256);
  };
  for (const auto& [path, value] : settings) {
    add(path);
    add(value);
  }
  add(start);
  return fmt::format("{:016x}", hash);
}

}  // namespace weft::sw
