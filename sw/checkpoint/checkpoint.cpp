#include "sw/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <charconv>

#include "sw/checkpoint/hdf5_file.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

constexpr const char* format_name = "weft-checkpoint";
constexpr const char* format_version = "1";

/// weight -> model.fc1.weight; exp_avg.weight -> optimizer.fc1.weight.exp_avg
std::string dataset_name(const std::string& layer, const std::string& tensor) {
  const auto dot = tensor.rfind('.');
  if (dot == std::string::npos) return fmt::format("model.{}.{}", layer, tensor);
  return fmt::format("optimizer.{}.{}.{}", layer, tensor.substr(dot + 1), tensor.substr(0, dot));
}

std::string update_count_name(const std::string& layer) { return fmt::format("optimizer.{}.step", layer); }

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

std::filesystem::path write_checkpoint(const std::filesystem::path& folder, const hw::TrainingState& state) {
  const std::filesystem::path path = folder / fmt::format("checkpoint_{}.mdl", state.global_step);
  const std::filesystem::path temporary = path.string() + ".part";
  try {
    Hdf5Writer file(temporary);
    std::string model;
    for (const hw::LayerState& layer : state.layers) {
      for (const hw::StateTensor& tensor : layer.tensors) file.tensor(dataset_name(layer.layer, tensor.name), tensor.shape, tensor.values.data());
      file.integer(update_count_name(layer.layer), layer.updates);
      model += fmt::format("{}{{\"name\": \"{}\", \"shape\": [{}, {}]}}", model.empty() ? "" : ", ", layer.layer, layer.tensors[0].shape[0], layer.tensors[0].shape[1]);
    }
    file.integer("global_step", state.global_step);
    file.real("loss_scale.scale", state.loss_scale);
    file.integer("loss_scale.finite_steps", state.finite_steps);
    file.attribute("format", format_name);
    file.attribute("format_version", format_version);
    file.attribute("model", "[" + model + "]");
    file.attribute("complete", "yes");
    file.close();
    std::filesystem::rename(temporary, path);
  } catch (const std::exception& error) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw UsageError(error.what());
  }
  return path;
}

hw::TrainingState read_checkpoint(const std::filesystem::path& path, const std::vector<hw::MatrixLayer>& layers, const hw::OptimizerSpec& optimizer) {
  Hdf5Reader file(path);
  if (file.attribute("format") != format_name) throw UsageError(fmt::format("checkpoint {}: is an HDF5 file, but not a checkpoint", path.string()));
  if (file.attribute("format_version") != format_version)
    throw UsageError(fmt::format("checkpoint {}: format version {}, this program reads {}", path.string(), file.attribute("format_version"), format_version));
  if (file.attribute("complete") != "yes") throw UsageError(fmt::format("checkpoint {}: is not marked complete", path.string()));
  hw::TrainingState state;
  std::size_t expected = 3;
  for (const hw::MatrixLayer& layer : layers) {
    hw::LayerState part{layer.name, hw::state_tensors(layer, optimizer), file.integer(update_count_name(layer.name))};
    for (hw::StateTensor& tensor : part.tensors) tensor.values = file.tensor(dataset_name(layer.name, tensor.name), tensor.shape);
    expected += part.tensors.size() + 1;
    state.layers.push_back(std::move(part));
  }
  state.global_step = file.integer("global_step");
  state.loss_scale = file.real("loss_scale.scale");
  state.finite_steps = file.integer("loss_scale.finite_steps");
  if (state.global_step < 0) throw UsageError(fmt::format("checkpoint {}: global_step is {}", path.string(), state.global_step));
  const std::size_t found = file.names().size();
  if (found != expected)
    throw UsageError(fmt::format("checkpoint {}: holds {} tensors and numbers, this model with this optimizer has {}", path.string(), found, expected));
  return state;
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
