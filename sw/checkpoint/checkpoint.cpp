#include "sw/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "sw/checkpoint/checkpoint_format.h"
#include "sw/checkpoint/hdf5_file.h"
#include "sw/checkpoint/sealed_file.h"
#include "tlm/base/json_text.h"

namespace weft::sw {

namespace {

constexpr const char* format_name = "weft-checkpoint";
constexpr const char* format_version = "3";
constexpr const char* version_of_seeds = "2";
constexpr const char* version_without_seeds = "1";
constexpr const char* run_seed_name = "runconfig.seed";
constexpr const char* shuffle_seed_name = "train_input.shuffle_seed";
constexpr const char* epoch_name = "train_input.epoch";
constexpr const char* sample_name = "train_input.sample";
constexpr const char* settings_name = "settings";

/// weight -> model.fc1.weight; exp_avg.weight -> optimizer.fc1.weight.exp_avg
std::string dataset_name(const std::string& layer, const std::string& tensor) {
  const auto dot = tensor.rfind('.');
  if (dot == std::string::npos) return fmt::format("model.{}.{}", layer, tensor);
  return fmt::format("optimizer.{}.{}.{}", layer, tensor.substr(dot + 1), tensor.substr(0, dot));
}

std::string update_count_name(const std::string& layer) { return fmt::format("optimizer.{}.step", layer); }

/// The place of a dotted name in a tree.
nlohmann::json& leaf(nlohmann::json& tree, const std::string& name) {
  const auto dot = name.find('.');
  if (dot == std::string::npos) return tree[name];
  return leaf(tree[name.substr(0, dot)], name.substr(dot + 1));
}

std::int64_t count(const Hdf5Reader& file, const std::string& name) {
  const std::int64_t value = file.integer(name);
  if (value < 0) file.refuse(fmt::format("{} is {}, expected 0 or more", name, value));
  return value;
}

/// A copy by another program has lost the attributes; the names of its datasets tell.
std::string version_of(const Hdf5Reader& file) {
  if (!file.attribute("format").empty()) return file.attribute("format_version");
  if (file.find(settings_name)) return format_version;
  return file.find(run_seed_name) ? version_of_seeds : version_without_seeds;
}

CheckpointIdentity identity_in(const Hdf5Reader& file) {
  CheckpointIdentity identity{file.attribute("run_id"), file.attribute("writer"), file.attribute("host"), {}, {}};
  const std::string version = version_of(file);
  if (version == version_of_seeds) {
    const std::int64_t shuffle = file.integer(shuffle_seed_name);
    identity.settings = {{run_seed_name, std::to_string(file.integer(run_seed_name))},
                         {shuffle_seed_name, shuffle < 0 ? "none" : std::to_string(shuffle)}};
  }
  if (version != format_version) return identity;
  identity.position = hw::DataPosition{count(file, epoch_name), count(file, sample_name)};
  const nlohmann::json settings = nlohmann::json::parse(file.text(settings_name), nullptr, false);
  if (!settings.is_object()) file.refuse("its settings are damaged");
  for (const auto& [path, value] : settings.items()) {
    if (!value.is_string()) file.refuse(fmt::format("its settings are damaged: {}", path));
    identity.settings[path] = value.get<std::string>();
  }
  return identity;
}

std::optional<std::int64_t> step_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string(), prefix = "checkpoint_", suffix = ".mdl";
  if (name.size() <= prefix.size() + suffix.size() || name.compare(0, prefix.size(), prefix) != 0 ||
      name.compare(name.size() - suffix.size(), suffix.size(), suffix) != 0)
    return {};
  const char *begin = name.data() + prefix.size(), *end = name.data() + name.size() - suffix.size();
  std::int64_t step = 0;
  const auto result = std::from_chars(begin, end, step);
  if (result.ec != std::errc() || result.ptr != end) return {};
  return step;
}

}  // namespace

void require_checkpoint(const Hdf5Reader& file) {
  const std::string format = file.attribute("format"), version = file.attribute("format_version");
  const std::vector<std::string> names = file.names();
  const bool has_tensors =
      std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.rfind("model.", 0) == 0; });
  if (format.empty() && has_tensors && file.find("global_step")) return;  // a copy by another program
  if (format != format_name)
    file.refuse(fmt::format("is an HDF5 file, but no checkpoint: its attribute format is '{}', expected '{}'", format,
                            format_name));
  if (version != format_version && version != version_of_seeds && version != version_without_seeds)
    file.refuse(
        fmt::format("has format_version '{}', this program reads '{}', '{}' and '{}'; the weft that wrote it reads it",
                    version, version_without_seeds, version_of_seeds, format_version));
  if (file.attribute("complete") != "yes") file.refuse("is not marked complete");
}

std::filesystem::path write_checkpoint(const std::filesystem::path& folder, const hw::TrainingState& state,
                                       const CheckpointIdentity& identity) {
  std::filesystem::path path = folder / fmt::format("checkpoint_{}.mdl", state.global_step);
  Hdf5Writer file;
  nlohmann::json spec;
  const auto integer = [&](const std::string& name, std::int64_t value) {
    file.integer(name, value);
    leaf(spec, name) = {{"dtype", "int64"}, {"shape", nlohmann::json::array()}};
  };
  for (const hw::LayerState& layer : state.layers) {
    for (const hw::StateTensor& tensor : layer.tensors) {
      const std::string name = dataset_name(layer.layer, tensor.name);
      file.tensor(name, tensor.shape, tensor.values.data());
      leaf(spec, name) = {{"dtype", "float32"}, {"shape", tensor.shape}};
    }
    if (!layer.tensors.empty()) integer(update_count_name(layer.layer), layer.updates);
  }
  integer("global_step", state.global_step);
  integer("loss_scale.finite_steps", state.finite_steps);
  const hw::DataPosition position = identity.position.value_or(hw::DataPosition{});
  integer(epoch_name, position.epoch);
  integer(sample_name, position.sample);
  file.real("loss_scale.scale", state.loss_scale);
  leaf(spec, "loss_scale.scale") = {{"dtype", "float64"}, {"shape", nlohmann::json::array()}};
  file.text("spec", json_text(spec));
  file.text(settings_name, json_text(nlohmann::json(identity.settings)));
  file.attribute("format", format_name);
  file.attribute("format_version", format_version);
  file.attribute("run_id", identity.run_id);
  file.attribute("writer", identity.writer);
  file.attribute("host", identity.host);
  file.attribute("complete", "yes");
  write_sealed(path, file.image());
  return path;
}

hw::TrainingState read_checkpoint(const std::filesystem::path& path, const std::vector<hw::MatrixLayer>& layers,
                                  const hw::OptimizerSpec& optimizer, CheckpointIdentity* identity) {
  const Hdf5Reader file(path, read_sealed(path));
  require_checkpoint(file);
  hw::TrainingState state;
  std::set<std::string> known = {"global_step", "loss_scale.finite_steps", "loss_scale.scale", "spec"};
  const std::string version = version_of(file);
  if (version == version_of_seeds) known.insert({run_seed_name, shuffle_seed_name});
  if (version == format_version) known.insert({epoch_name, sample_name, settings_name});
  std::vector<std::string> errors;
  for (const hw::MatrixLayer& layer : layers) {
    state.layers.push_back({layer.name, hw::state_tensors(layer, optimizer), 0});
    for (const hw::StateTensor& tensor : state.layers.back().tensors) {
      known.insert(dataset_name(layer.name, tensor.name));
      file.check(dataset_name(layer.name, tensor.name), tensor.shape, errors);
    }
    if (layer.has_parameters()) known.insert(update_count_name(layer.name));
  }
  for (const std::string& name : file.names())
    if (known.count(name) == 0)
      errors.push_back(fmt::format("holds {}, which this model with this optimizer does not have", name));
  file.refuse(errors, "--initial_weights takes weights alone, of any program's file, and starts anew");
  for (hw::LayerState& layer : state.layers) {
    for (hw::StateTensor& tensor : layer.tensors)
      tensor.values = file.tensor(dataset_name(layer.layer, tensor.name), tensor.shape);
    if (!layer.tensors.empty()) layer.updates = count(file, update_count_name(layer.layer));
  }
  state.global_step = count(file, "global_step");
  state.finite_steps = count(file, "loss_scale.finite_steps");
  state.loss_scale = file.real("loss_scale.scale");
  if (!(state.loss_scale > 0) || !std::isfinite(state.loss_scale))
    file.refuse(fmt::format("loss_scale.scale is {}, expected a positive number", state.loss_scale));
  if (identity) *identity = identity_in(file);
  return state;
}

CheckpointIdentity read_identity(const std::filesystem::path& path) {
  const Hdf5Reader file(path, read_sealed(path));
  require_checkpoint(file);
  return identity_in(file);
}

std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& folder) {
  std::vector<std::pair<std::int64_t, std::filesystem::path>> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (const auto step = step_of(entry.path())) found.emplace_back(*step, entry.path());
  std::sort(found.rbegin(), found.rend());
  std::vector<std::filesystem::path> paths;
  paths.reserve(found.size());
  for (auto& [step, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace weft::sw
