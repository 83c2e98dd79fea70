#include "sw/compiler/launch_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "hw/kernels/dropout_mask.h"
#include "sw/compiler/tensor_places.h"
#include "sw/graph/backward_graph.h"
#include "sw/graph/operation_types.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

class LaunchBuilder {
 public:
  explicit LaunchBuilder(const Matching& matching) : matching_(matching) {
    count_readers(matching.forward);
    count_readers(matching.backward);
    for (const Operation& operation : matching.forward.operations) {
      inputs_[operation.name] = operation.inputs;
      features_[operation.outputs.front()] = operation.output_features;
    }
    for (const Tensor& input : matching.forward.inputs) features_[input.name] = input.features;
    for (const Tensor& input : matching.forward.inputs)
      if (input.name != matching.forward.operations.back().inputs.back())
        places_.add(input.name, {input.name, input.features}).ids = holds_ids(input.name);
  }

  MatchedModel result() {
    for (const MatchedKernel& kernel : matching_.forward_kernels) {
      describe(kernel);
      place_own(kernel, matching_.forward);
      place_output(matching_.forward, kernel);
    }
    share_parameters();
    check_skipping();
    model_.activations = static_cast<int>(places_.tensors().size());
    for (const MatchedKernel& kernel : matching_.forward_kernels) place_vectors(kernel);
    for (const MatchedKernel& kernel : matching_.backward_kernels) {
      place_own(kernel, matching_.backward);
      place_output(matching_.backward, kernel);
    }
    for (const MatchedKernel& kernel : matching_.forward_kernels) bind(matching_.forward, kernel, model_.forward);
    for (const MatchedKernel& kernel : matching_.backward_kernels) bind(matching_.backward, kernel, model_.backward);
    for (hw::Launch& launch : model_.backward) launch.backward = true;
    model_.tensors = places_.tensors();
    return std::move(model_);
  }

 private:
  void count_readers(const OperationGraph& graph) {
    for (const Operation& operation : graph.operations)
      for (const std::string& tensor : operation.inputs) ++readers_[tensor];
  }

  static const Operation& of(const OperationGraph& graph, int place) {
    return graph.operations[static_cast<std::size_t>(place)];
  }

  static hw::MatrixLayer layer_of(const Operation& operation) {
    hw::MatrixLayer layer;
    layer.name = operation.name;
    layer.inputs = operation.input_features;
    layer.outputs = operation.output_features;
    layer.half_sums.forward = operation.attribute("half_sums_forward") != 0;
    layer.half_sums.delta = operation.attribute("half_sums_backward") != 0;
    const std::vector<Parameter> parameters = type_of(operation).parameters(operation);
    layer.bias = operation.type == "Linear" && has_bias(operation);
    if (operation.type == "Linear") {
      layer.sparsity = operation.attribute("sparsity");
    } else if (operation.type == "Embedding") {
      layer.kind = hw::LayerKind::table;
      layer.inputs = operation.output_features;
      layer.outputs = static_cast<int>(operation.attribute("ids"));
      layer.id = static_cast<int>(operation.attribute("of"));
    } else if (parameters.empty()) {
      layer.kind = hw::LayerKind::none;
    } else {
      layer.kind = hw::LayerKind::norm;
      layer.outputs = static_cast<int>(parameters.size());
      layer.epsilon = static_cast<float>(operation.attribute("epsilon"));
    }
    if (operation.attribute("heads") > 0) {
      layer.attention.heads = static_cast<int>(operation.attribute("heads"));
      layer.attention.queries = queries_to_a_head(operation);
      layer.attention.length = static_cast<int>(operation.attribute("sequence"));
      layer.attention.rotary_base = static_cast<float>(operation.attribute("base"));
      layer.attention.rotary_features = static_cast<int>(operation.attribute("turned"));
      layer.outputs = layer.inputs;
    }
    return layer;
  }

  /// The layer that the kernel is, or what it adds to one.
  void describe(const MatchedKernel& kernel) {
    for (const int place : kernel.operations) {
      const Operation& operation = of(matching_.forward, place);
      const OperationType& type = type_of(operation);
      if (kernel.pattern->own_layer && place == kernel.operations.front()) model_.layers.push_back(layer_of(operation));
      hw::MatrixLayer& layer = model_.layers[static_cast<std::size_t>(kernel.layer)];
      if (!type.activation_fn.empty()) {
        layer.activation = type.name;
        layer.keeps_preactivation = type.delta_reads == DeltaReads::input;
      }
      if (type.is_loss && is_of_samples(operation)) layer.label_id = static_cast<int>(operation.attribute("of"));
      if (const double dropout = dropout_of(operation); dropout > 0) layer.dropout = dropout;
      if (operation.type == "TiledAttention")
        layer.attention.tiles =
            static_cast<int>(ceil_div(layer.attention.length, static_cast<int>(operation.attribute("tile_keys"))));
      if (operation.type == "AttentionSoftmax" || operation.type == "TiledAttention") {
        layer.attention.scale = static_cast<float>(operation.attribute("scale"));
        layer.attention.mask.causal = operation.attribute("causal") != 0;
        layer.attention.mask.reach = static_cast<int>(operation.attribute("reach"));
        layer.attention.linear_bias = operation.attribute("linear_bias") != 0;
        layer.attention.skip_masked = operation.attribute("skip_masked") != 0;
        layer.attention.padded = operation.attribute("padded") != 0;
      }
    }
  }

  /// Where one attention skips, tokens are dealt to columns in all of the model, and other masks go by their order.
  void check_skipping() const {
    for (const hw::MatrixLayer& layer : model_.layers) {
      const hw::AttentionShape& attention = layer.attention;
      if (attention.tiles > 0 && attention.linear_bias && !attention.mask.causal)
        throw UsageError(fmt::format("{}: tile_keys with linear_bias is for causal attention", layer.name));
      if (attention.tiles > 0 && layer.dropout > 0 && attention.queries > hw::most_dropped_rows / attention.length)
        throw UsageError(fmt::format("{}: tile_keys with dropout is for heads of keys with at most {} rows of scores",
                                     layer.name, hw::most_dropped_rows));
    }
    const auto& layers = model_.layers;
    const auto skips = [](const hw::MatrixLayer& layer) { return layer.attention.skip_masked; };
    const auto one = std::find_if(layers.begin(), layers.end(), skips);
    if (one == layers.end()) return;
    for (const hw::MatrixLayer& layer : layers) {
      const hw::AttentionShape& attention = layer.attention;
      const bool masked = attention.mask.any() || attention.padded || attention.linear_bias;
      if (skips(layer) ? attention.queries > 1 || attention.padded : masked)
        throw UsageError(
            fmt::format("{}: skip_masked of {} is for attention without padding and grouped queries, and all "
                        "others with a mask must have it",
                        layer.name, one->name));
    }
  }

  /// Layers have the names of their first operations.
  void share_parameters() {
    for (const Operation& operation : matching_.forward.operations)
      if (!operation.shares.empty())
        model_.layers[layer_named(operation.name)].shares = static_cast<int>(layer_named(operation.shares));
  }
  std::size_t layer_named(const std::string& name) const {
    const auto& layers = model_.layers;
    const auto named = [&](const hw::MatrixLayer& layer) { return layer.name == name; };
    return static_cast<std::size_t>(std::find_if(layers.begin(), layers.end(), named) - layers.begin());
  }

  /// Of a norm: its parameters stay on the wafer.
  void place_vectors(const MatchedKernel& kernel) {
    const Operation& operation = of(matching_.forward, kernel.operations.front());
    if (model_.layers[static_cast<std::size_t>(kernel.layer)].kind != hw::LayerKind::norm) return;
    for (const Parameter& parameter : type_of(operation).parameters(operation))
      places_.add(parameter.name, {parameter.name, operation.input_features, kernel.layer}).vector = true;
  }

  bool holds_ids(const std::string& input) const {
    const auto& all = matching_.forward.operations;
    return std::any_of(all.begin(), all.end(), [&](const Operation& operation) {
      return operation.type == "Embedding" && operation.inputs.front() == input;
    });
  }

  void place_own(const MatchedKernel& kernel, const OperationGraph& graph) {
    const hw::MatrixLayer& layer = model_.layers[static_cast<std::size_t>(kernel.layer)];
    const int heads = layer.attention.heads * layer.attention.queries;
    for (const OwnTensor& own : kernel.pattern->owns) {
      const std::string name = own_name(of(graph, kernel.operations.front()), own.name);
      hw::WaferTensor form{name, layer.features(), kernel.layer};
      form.scores = own.form == OwnTensor::Form::scores || own.form == OwnTensor::Form::probabilities;
      form.of_heads = own.form == OwnTensor::Form::of_heads;
      form.fp32 = own.form != OwnTensor::Form::ids && own.form != OwnTensor::Form::probabilities;
      if (own.form == OwnTensor::Form::ids) form.features = layer.outputs;
      if (form.of_heads) form.features = heads;
      if (form.scores) form.features = heads * layer.attention.length;
      places_.add(name, form);
    }
  }
  static std::string own_name(const Operation& operation, const char* name) { return operation.name + "." + name; }

  /// Where the kernel's result goes. What operations between its first and last make is nowhere else.
  void place_output(const OperationGraph& graph, const MatchedKernel& kernel) {
    const Operation &first = of(graph, kernel.operations.front()), &last = of(graph, kernel.operations.back());
    if (type_of(last).is_loss && last.pass == Pass::forward) return;
    const std::string& read = first.inputs.front();
    if (kernel.pattern->in_place && readers_[read] == 1) {
      for (const int place : kernel.operations) places_.share(of(graph, place).outputs.front(), read);
      return;
    }
    if (last.pass == Pass::gradient) return;
    for (std::size_t more = 1; more < last.outputs.size(); ++more)  // of one_delta
      places_.add(last.outputs[more], {last.outputs[more], features_.at(inputs_.at(last.name)[more]), kernel.layer});
    const std::string& made = last.outputs.front();
    hw::WaferTensor form{last.pass == Pass::delta ? made : first.name, features_of(last), kernel.layer};
    if (!kernel.pattern->launches.empty()) {
      const hw::Kernel& row = hw::kernel_of(kernel.pattern->launches.back().kind);
      form.scores = row.makes_scores;
      form.fp32 = row.sums_fp32;
    }
    places_.add(made, form);
    for (const int place : kernel.operations) places_.share(of(graph, place).outputs.front(), made);
  }

  /// Of what the operation makes; a delta has those of its forward tensor.
  int features_of(const Operation& operation) const {
    if (operation.pass != Pass::delta) return operation.output_features;
    return features_.at(inputs_.at(operation.name)[static_cast<std::size_t>(operation.of_input)]);
  }

  int tensor_of(const OperationGraph& graph, const MatchedKernel& kernel, const BoundOperand& bound) const {
    const Operation &first = of(graph, kernel.operations.front()), &last = of(graph, kernel.operations.back());
    const auto place = static_cast<std::size_t>(bound.place);
    if (bound.to == BoundOperand::To::parameter) return places_.of(parameter_name(first, place));
    if (bound.to == BoundOperand::To::own) return places_.of(own_name(first, bound.name));
    if (bound.to == BoundOperand::To::output) return places_.of(last.outputs[place]);
    return places_.of(place == 0 ? first.inputs.front() : last.inputs[place]);
  }

  struct TiledLaunch {
    const BoundLaunch* bound;
    int tile;
  };
  /// The pattern's launches, those of tiles again for each.
  std::vector<TiledLaunch> tile_by_tile(const MatchedKernel& kernel) const {
    const std::vector<BoundLaunch>& launches = kernel.pattern->launches;
    const int last = model_.layers[static_cast<std::size_t>(kernel.layer)].attention.tiles - 1;
    std::vector<TiledLaunch> all;
    for (auto from = launches.begin(); from != launches.end();) {
      if (from->tiles == OfTiles::none) {
        all.push_back({&*from++, 0});
        continue;
      }
      const auto end =
          std::find_if(from, launches.end(), [](const BoundLaunch& one) { return one.tiles == OfTiles::none; });
      for (int tile = 0; tile <= last; ++tile)
        for (auto bound = from; bound != end; ++bound)
          if (bound->tiles == OfTiles::each || (bound->tiles == OfTiles::but_first && tile > 0) ||
              (bound->tiles == OfTiles::but_last && tile < last) || (bound->tiles == OfTiles::last && tile == last))
            all.push_back({&*bound, tile});
      from = end;
    }
    return all;
  }

  void bind(const OperationGraph& graph, const MatchedKernel& kernel, std::vector<hw::Launch>& launches) {
    const Operation& first = of(graph, kernel.operations.front());
    const auto parameters = static_cast<int>(type_of(first).parameters(first).size());
    for (const TiledLaunch& tiled : tile_by_tile(kernel)) {
      const BoundLaunch& bound = *tiled.bound;
      hw::Launch launch{bound.kind, kernel.layer};
      launch.tile = tiled.tile;
      const auto set = [&](hw::OperandTensors& tensors, const std::vector<BoundOperand>& operands) {
        for (const BoundOperand& operand : operands)
          if (!begins_anew(launch, operand) &&
              (operand.to != BoundOperand::To::parameter || operand.place < parameters))
            tensors.set(operand.operand, tensor_of(graph, kernel, operand));
      };
      set(launch.reads, bound.reads);
      set(launch.writes, bound.writes);
      finish(launch, first);
      launches.push_back(launch);
      if (!kernel.pattern->by_pairs) continue;
      launch.reads.set(hw::Operand::values, launch.writes.of(hw::Operand::values));
      for (std::size_t more = 2; more < first.inputs.size(); ++more) {
        launch.reads.set(hw::Operand::addend, places_.of(first.inputs[more]));
        launches.push_back(launch);
      }
    }
  }

  /// A product's sums begin with 0.
  static bool begins_anew(const hw::Launch& launch, const BoundOperand& operand) {
    return operand.operand == hw::Operand::sums && launch.tile == 0 && hw::kernel_of(launch.kind).streams();
  }

  void finish(hw::Launch& launch, const Operation& operation) {
    const hw::Kernel& row = hw::kernel_of(launch.kind);
    if (row.is_forward_product() && has_bias(operation))
      places_.form(launch.reads.of(hw::Operand::resident)).one_below = true;
    if (row.role != hw::KernelRole::loss) return;
    places_.form(launch.reads.of(hw::Operand::values)).fp32 = true;
    if (is_of_samples(operation)) launch.reads.set(hw::Operand::ids, places_.of(operation.inputs[1]));
    launch.writes.set(hw::Operand::deltas, places_.of(delta_name(operation.inputs.front())));
  }

  static std::string parameter_name(const Operation& operation, std::size_t place) {
    return type_of(operation).parameters(operation)[place].name;
  }

  const Matching& matching_;
  std::map<std::string, int> readers_;                      ///< of both passes
  std::map<std::string, std::vector<std::string>> inputs_;  ///< of forward operations
  std::map<std::string, int> features_;                     ///< of forward tensors
  TensorPlaces places_;
  MatchedModel model_;
};

}  // namespace

MatchedModel build_launches(const Matching& matching) { return LaunchBuilder(matching).result(); }

}  // namespace weft::sw
