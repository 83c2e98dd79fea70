#include "sw/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "sw/checkpoint/hdf5_file.h"
#include "sw/checkpoint/sealed_file.h"

namespace weft::sw {

namespace {

constexpr const char* format_name = "weft-checkpoint";
constexpr const char* format_version = "2";
constexpr const char* version_without_seeds = "1";
constexpr const char* run_seed_name = "runconfig.seed";
constexpr const char* shuffle_seed_name = "train_input.shuffle_seed";

/// weight -> model.fc1.weight; exp_avg.weight -> optimizer.fc1.weight.exp_avg
std::string dataset_name(const std::string& layer, const std::string& tensor) {
  const auto dot = tensor.rfind('.');
  if (dot == std::string::npos) return fmt::format("model.{}.{}", layer, tensor);
  return fmt::format("optimizer.{}.{}.{}", layer, tensor.substr(dot + 1), tensor.substr(0, dot));
}

bool is_parameter(const std::string& dataset) { return dataset.rfind("model.", 0) == 0; }

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

void require_checkpoint(const Hdf5Reader& file) {
  const std::string format = file.attribute("format"), version = file.attribute("format_version");
  if (format != format_name)
    file.refuse(fmt::format("is an HDF5 file, but no checkpoint: its attribute format is '{}', expected '{}'", format,
                            format_name));
  if (version != format_version && version != version_without_seeds)
    file.refuse(fmt::format("has format_version '{}', this program reads '{}' and '{}'", version, version_without_seeds,
                            format_version));
  if (file.attribute("complete") != "yes") file.refuse("is not marked complete");
}

void compare_seed(const Hdf5Reader& file, const char* name, std::int64_t expected) {
  const std::int64_t found = file.integer(name);
  if (found == expected) return;
  const auto text = [](std::int64_t seed) { return seed < 0 ? "none (no shuffle)" : std::to_string(seed); };
  file.refuse(
      fmt::format("was written by a run with {} {}, this run has {}: it would not go on to the same bits. Give this "
                  "run the same, or take the weights alone with --initial_weights",
                  name, text(found), text(expected)));
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

std::filesystem::path write_checkpoint(const std::filesystem::path& folder, const hw::TrainingState& state,
                                       const RunSeeds& seeds) {
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
    integer(update_count_name(layer.layer), layer.updates);
  }
  integer("global_step", state.global_step);
  integer("loss_scale.finite_steps", state.finite_steps);
  integer(run_seed_name, seeds.run);
  integer(shuffle_seed_name, seeds.shuffle);
  file.real("loss_scale.scale", state.loss_scale);
  leaf(spec, "loss_scale.scale") = {{"dtype", "float64"}, {"shape", nlohmann::json::array()}};
  file.text("spec", spec.dump());
  file.attribute("format", format_name);
  file.attribute("format_version", format_version);
  file.attribute("writer", "weft " WEFT_VERSION);
  file.attribute("complete", "yes");
  write_sealed(path, file.image());
  return path;
}

hw::TrainingState read_checkpoint(const std::filesystem::path& path, const std::vector<hw::MatrixLayer>& layers,
                                  const hw::OptimizerSpec& optimizer, const std::optional<RunSeeds>& seeds) {
  const Hdf5Reader file(path, read_sealed(path));
  require_checkpoint(file);
  hw::TrainingState state;
  std::set<std::string> known = {"global_step", "loss_scale.finite_steps", "loss_scale.scale", "spec"};
  for (const hw::MatrixLayer& layer : layers) {
    hw::LayerState part{layer.name, hw::state_tensors(layer, optimizer), 0};
    for (hw::StateTensor& tensor : part.tensors) {
      const std::string name = dataset_name(layer.name, tensor.name);
      tensor.values = file.tensor(name, tensor.shape);
      known.insert(name);
    }
    part.updates = count(file, update_count_name(layer.name));
    known.insert(update_count_name(layer.name));
    state.layers.push_back(std::move(part));
  }
  state.global_step = count(file, "global_step");
  state.finite_steps = count(file, "loss_scale.finite_steps");
  state.loss_scale = file.real("loss_scale.scale");
  if (!(state.loss_scale > 0) || !std::isfinite(state.loss_scale))
    file.refuse(fmt::format("loss_scale.scale is {}, expected a positive number", state.loss_scale));
  if (file.attribute("format_version") != version_without_seeds) {
    known.insert({run_seed_name, shuffle_seed_name});
    const RunSeeds expected = seeds.value_or(RunSeeds{file.integer(run_seed_name), file.integer(shuffle_seed_name)});
    compare_seed(file, run_seed_name, expected.run);
    compare_seed(file, shuffle_seed_name, expected.shuffle);
  }
  for (const std::string& name : file.names())
    if (known.count(name) == 0)
      file.refuse(fmt::format("holds {}, which this model with this optimizer does not have", name));
  return state;
}

void read_weights(const std::filesystem::path& path, hw::TrainingState& state) {
  const Hdf5Reader file(path, read_sealed(path));
  if (!file.attribute("format").empty()) require_checkpoint(file);
  std::set<std::string> known;
  for (hw::LayerState& layer : state.layers) {
    for (hw::StateTensor& tensor : layer.tensors) {
      const std::string name = dataset_name(layer.layer, tensor.name);
      if (!is_parameter(name)) continue;
      tensor.values = file.tensor(name, tensor.shape);
      known.insert(name);
    }
  }
  for (const std::string& name : file.names())
    if (is_parameter(name) && known.count(name) == 0)
      file.refuse(fmt::format("holds {}, which this model does not have", name));
}

std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& folder) {
  std::optional<std::filesystem::path> latest;
  std::int64_t highest = -1;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const auto step = step_of(entry.path());
    if (!step || *step <= highest) continue;
    highest = *step;
    latest = entry.path();
  }
  return latest;
}

}  // namespace weft::sw
