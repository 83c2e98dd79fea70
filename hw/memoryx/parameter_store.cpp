#include "hw/memoryx/parameter_store.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "hw/memoryx/optimizer.h"
#include "tlm/base/error.h"
#include "tlm/base/half.h"

namespace weft::hw {
namespace {

/// Copies a tensor, weight (0) or bias (1), into, or out of, rows of the stream, of a sparse layer the kept ones alone.
template <typename Copy>
void for_each_row(const MatrixLayer& layer, int tensor, Copy copy) {
  const std::int64_t width = layer.stream_inputs();
  if (layer.kind == LayerKind::norm) return copy(tensor * width, std::int64_t{0}, width);
  const bool bias = tensor == 1;
  std::int64_t row = 0;
  for (std::int64_t output = 0; output < layer.outputs; ++output) {
    if (layer.mask)
      for_each_kept(layer, false, static_cast<int>(output), [&](int place) {
        if (bias == (place == layer.inputs)) copy(row, bias ? output : output * layer.inputs + place, std::int64_t{1});
        ++row;
      });
    else if (bias)
      copy(output * width + layer.inputs, output, std::int64_t{1});
    else
      copy(output * width, output * layer.inputs, static_cast<std::int64_t>(layer.inputs));
  }
}

const StateTensor* find(const LayerState& state, const std::string& name) {
  const auto found = std::find_if(state.tensors.begin(), state.tensors.end(),
                                  [&](const StateTensor& tensor) { return tensor.name == name; });
  return found == state.tensors.end() ? nullptr : &*found;
}

}  // namespace

ParameterStore::ParameterStore(const Job& job, Bytes chunk_bytes, const TrainingState& initial)
    : job_(job), chunk_bytes_(chunk_bytes) {
  if (initial.layers.size() != job.layers.size())
    throw UsageError(
        fmt::format("the initial state has {} layers, the model has {}", initial.layers.size(), job.layers.size()));
  for (std::size_t index = 0; index < job.layers.size(); ++index) {
    const MatrixLayer& layer = job.layers[index];
    const LayerState& from = initial.layers[index];
    if (from.layer != layer.name)
      throw UsageError(fmt::format("the initial state has layer {} where the model has {}", from.layer, layer.name));
    LayerRows& to = layers_.emplace_back();
    to.gradient = gradient_shape(layer, chunk_bytes, job.gradient_wire);
    to.updates = from.updates;
    if (job.timing_only) continue;
    const std::vector<StateTensor> wanted = state_tensors(layer, job.optimizer);
    for (const StateTensor& tensor : from.tensors)
      if (std::none_of(wanted.begin(), wanted.end(),
                       [&](const StateTensor& known) { return known.name == tensor.name; }))
        throw UsageError(fmt::format("the initial state of layer {} has {}, which the optimizer does not use",
                                     layer.name, tensor.name));
    const auto parameters = static_cast<std::size_t>(layer.tensors());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::size_t which = i % parameters;
      if (which == 0) to.tensors.emplace_back(layer.kept_parameters(), 0.0F);
      const StateTensor* tensor = find(from, wanted[i].name);
      if (!tensor && i >= parameters) continue;
      if (!tensor || tensor->shape != wanted[i].shape || tensor->values.size() != wanted[i].values.size())
        throw UsageError(fmt::format("the initial state of layer {}: {} is {}", layer.name, wanted[i].name,
                                     tensor ? "of another shape" : "missing"));
      Rows& rows = to.tensors.back();
      for_each_row(layer, static_cast<int>(which), [&](std::int64_t row, std::int64_t flat, std::int64_t count) {
        std::copy_n(tensor->values.data() + flat, count, rows.data() + row);
      });
    }
    if (job.micro_batches > 1 || job.sharers(static_cast<int>(index)) > 1) to.sum.resize(layer.kept_parameters());
  }
}

std::int64_t ParameterStore::offset(int layer, int chunk) const {
  const StreamShape& shape = layers_[layer].gradient;
  return shape.elements_before(shape.chunk_first_round(chunk));
}

proto::Block::Payload ParameterStore::read_stream(int layer, KernelKind kind, int chunk) const {
  const StreamShape shape = shape_of(layer, kind);
  const auto bytes = static_cast<std::size_t>(shape.chunk_bytes(chunk));
  if (job_.timing_only) return proto::PayloadBytes::only_size(bytes);
  auto payload = std::make_shared<proto::PayloadBytes>(bytes);
  auto* bits = reinterpret_cast<std::uint16_t*>(payload->data());
  if (produces_gradient(kind)) {
    read_indices(layer, shape, chunk, bits);
  } else if (job_.layers[layer].mask) {
    read_kept(layer, kernel_of(kind).by_input, shape, chunk, bits);
  } else if (kernel_of(kind).by_input) {
    read_transposed(layer, shape, chunk, bits);
  } else {
    read_bits(layer, shape, chunk, bits);
  }
  return payload;
}

StreamShape ParameterStore::shape_of(int layer, KernelKind kind) const {
  const MatrixLayer& of = job_.layers[layer];
  return produces_gradient(kind) ? index_shape(of, chunk_bytes_, job_.gradient_wire)
                                 : stream_shape(of, kind, chunk_bytes_, job_.gradient_wire);
}

void ParameterStore::read_indices(int layer, const StreamShape& shape, int chunk, std::uint16_t* bits) const {
  const int first = shape.chunk_first_round(chunk);
  for (int round = first; round < first + shape.chunk_rounds(chunk); ++round)
    for_each_kept(job_.layers[layer], false, round,
                  [&bits](int place) { *bits++ = static_cast<std::uint16_t>(place); });
}

// Weights, each with its index behind it.
void ParameterStore::read_kept(int layer, bool by_input, const StreamShape& shape, int chunk,
                               std::uint16_t* bits) const {
  const MatrixLayer& of = job_.layers[layer];
  const float* masters = layers_[layer].tensors[0].data();
  const int first = shape.chunk_first_round(chunk), last = first + shape.chunk_rounds(chunk);
  const auto put = [format = job_.format](std::uint16_t* to, float weight, int index) {
    to[0] = float_to_half(format, weight);
    to[1] = static_cast<std::uint16_t>(index);
  };
  if (!by_input) {
    const float* weight = masters + offset_of(layer, first);
    for (int round = first; round < last; ++round)
      for_each_kept(of, by_input, round, [&](int place) {
        put(bits, *weight++, place);
        bits += 2;
      });
    return;
  }
  // Masters stand output by output: each goes to where the round of its input has got to.
  std::vector<std::uint16_t*> next;
  for (int round = first; round < last; ++round)
    next.push_back(bits + 2 * (shape.elements_before(round) - shape.elements_before(first)));
  for (int output = 0; output < of.outputs; ++output) {
    const float* weight = masters + offset_of(layer, output) + of.mask->count(output, 0, first);
    of.mask->for_each(output, first, last, [&](int input) {
      std::uint16_t*& to = next[static_cast<std::size_t>(input - first)];
      put(to, *weight++, output);
      to += 2;
    });
  }
}

proto::Block::Payload ParameterStore::layer_payload(const TrainingState& state, int layer) const {
  if (!job_.timing_only)
    return std::make_shared<proto::PayloadBytes>(pack_layer(state.layers[static_cast<std::size_t>(layer)]));
  const auto tensors = 1 + optimizer_state_names(job_.optimizer).size();
  return proto::PayloadBytes::only_size(static_cast<std::size_t>(job_.layers[layer].parameters()) * tensors *
                                        sizeof(float));
}

void ParameterStore::read_bits(int layer, const StreamShape& shape, int chunk, std::uint16_t* bits) const {
  const std::int64_t first = static_cast<std::int64_t>(shape.chunk_first_round(chunk)) * shape.elements_per_round;
  float_to_half(job_.format, layers_[layer].tensors[0].data() + first, bits, shape.chunk_elements(chunk));
}

void ParameterStore::read_transposed(int layer, const StreamShape& shape, int chunk, std::uint16_t* bits) const {
  // Tiles of masters are converted along their rows, then turned: both stay in the first-level cache.
  constexpr int tile_rows = 32, tile_columns = 128;
  std::array<std::uint16_t, static_cast<std::size_t>(tile_rows) * tile_columns> tile;
  const float* masters = layers_[layer].tensors[0].data();
  const int outputs = job_.layers[layer].outputs;
  const std::int64_t width = job_.layers[layer].stream_inputs();
  const int first = shape.chunk_first_round(chunk), last = first + shape.chunk_rounds(chunk);
  for (int column = first; column < last; column += tile_columns) {
    const int columns = std::min(tile_columns, last - column);
    for (int row = 0; row < outputs; row += tile_rows) {
      const int rows = std::min(tile_rows, outputs - row);
      for (int r = 0; r < rows; ++r)
        float_to_half(job_.format, masters + (row + r) * width + column, tile.data() + r * tile_columns, columns);
      for (int c = 0; c < columns; ++c) {
        std::uint16_t* out = bits + static_cast<std::int64_t>(column - first + c) * outputs + row;
        for (int r = 0; r < rows; ++r) out[r] = tile[r * tile_columns + c];
      }
    }
  }
}

proto::Block::Payload ParameterStore::of_trained(int layer, int chunk, proto::Block::Payload gradient) const {
  const MatrixLayer& of = job_.layers[layer];
  if (job_.timing_only || !of.zeros_travel()) return gradient;
  const StreamShape& shape = layers_[layer].gradient;
  auto payload = std::make_shared<proto::PayloadBytes>(gradient->size());
  const auto* from = reinterpret_cast<const float*>(gradient->data());
  auto* to = reinterpret_cast<float*>(payload->data());
  std::fill_n(to, shape.chunk_elements(chunk), 0.0F);
  const int first = shape.chunk_first_round(chunk);
  for (int output = first; output < first + shape.chunk_rounds(chunk); ++output) {
    of.trained->for_each(output, 0, of.inputs, [&](int input) { to[input] = from[input]; });
    if (of.bias) to[of.inputs] = from[of.inputs];
    from += shape.elements_per_round;
    to += shape.elements_per_round;
  }
  return payload;
}

void ParameterStore::accumulate(int layer, int chunk, const proto::PayloadBytes& payload, bool first) {
  if (job_.timing_only) return;
  const auto* gradient = reinterpret_cast<const float*>(payload.data());
  const std::int64_t count = layers_[layer].gradient.chunk_elements(chunk);
  float* sum = layers_[layer].sum.data() + offset(layer, chunk);
  if (first)
    std::copy_n(gradient, count, sum);
  else
    for (std::int64_t i = 0; i < count; ++i) sum[i] += gradient[i];
}

const float* ParameterStore::gradient_sum(int layer, int chunk) const {
  return layers_[layer].sum.data() + offset(layer, chunk);
}

void ParameterStore::update(int layer, int chunk, const float* gradient, const GradientScale& scale, double rate) {
  if (job_.timing_only) return;
  LayerRows& rows = layers_[layer];
  const std::int64_t first = offset(layer, chunk);
  const auto state = [&](std::size_t index) {
    return index < rows.tensors.size() ? rows.tensors[index].data() + first : nullptr;
  };
  optimizer_update(job_.optimizer, rows.updates + 1, rate, scale, state(0), gradient, state(1), state(2),
                   static_cast<std::size_t>(rows.gradient.chunk_elements(chunk)));
}

TrainingState ParameterStore::state() const {
  TrainingState state;
  for (std::size_t index = 0; index < layers_.size(); ++index) {
    const MatrixLayer& layer = job_.layers[index];
    const LayerRows& from = layers_[index];
    LayerState to{layer.name, {}, from.updates};
    if (!job_.timing_only) to.tensors = state_tensors(layer, job_.optimizer);
    const auto parameters = static_cast<std::size_t>(layer.tensors());
    for (std::size_t i = 0; i < to.tensors.size(); ++i)
      for_each_row(layer, static_cast<int>(i % parameters),
                   [&](std::int64_t row, std::int64_t flat, std::int64_t count) {
                     std::copy_n(from.tensors[i / parameters].data() + row, count, to.tensors[i].values.data() + flat);
                   });
    state.layers.push_back(std::move(to));
  }
  return state;
}

}  // namespace weft::hw
