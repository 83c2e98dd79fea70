#include "sw/compiler/plan_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <set>

#include "hw/fabric/head_grid.h"
#include "hw/spec/kernel_table.h"
#include "sw/compiler/plan_text.h"
#include "sw/compiler/tensor_sram.h"
#include "sw/compiler/tile_choice.h"
#include "tlm/base/error.h"
#include "tlm/base/file_schema.h"
#include "tlm/base/json_text.h"

namespace weft::sw {

namespace {

using Json = nlohmann::ordered_json;
constexpr FileSchema plan_schema{"weft-plan", 1, 1};

Json launches_json(const std::vector<PlannedLaunch>& launches, const std::vector<hw::MatrixLayer>& layers) {
  Json list = Json::array();
  for (const PlannedLaunch& launch : launches) {
    const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.launch.layer)];
    list.push_back({{"kernel", hw::kernel_name(launch.launch.kind)},
                    {"layer", layer.name},
                    {"predicted_cycles", launch.predicted},
                    {"stream_cycles", launch.stream}});
    if (const int tile = hw::tile_number(layer, launch.launch); tile > 0) list.back()["tile"] = tile;
  }
  return list;
}

Json layers_json(const std::vector<hw::MatrixLayer>& layers) {
  Json list = Json::array();
  for (const hw::MatrixLayer& layer : layers) {
    list.push_back({{"name", layer.name},
                    {"inputs", layer.inputs},
                    {"outputs", layer.outputs},
                    {"relu", layer.activation == "ReLU"},
                    {"dropout", layer.dropout}});
    if (!layer.activation.empty() && layer.activation != "ReLU") list.back()["activation"] = layer.activation;
    if (!layer.bias) list.back()["bias"] = false;
    if (layer.kind == hw::LayerKind::table) list.back()["table"] = true;
    if (layer.attention.tiles > 0) list.back()["tile_keys"] = keys_of_tile(layer.attention);
    if (layer.sparse()) list.back()["sparsity"] = layer.sparsity;
    if (layer.trained) list.back()["density"] = layer.trained->density();
    if (layer.zeros_travel()) list.back()["zeros_travel"] = true;
  }
  return list;
}

/// A whole number from 1 on; a cast would cut what does not fit.
template <typename Refuse>
int whole(const Json& json, const char* key, const Refuse& refuse, int most = std::numeric_limits<int>::max()) {
  const Json& value = json.at(key);
  if (!value.is_number_integer() || value < 1 || value > most)
    refuse(fmt::format("{}: {}; allowed: a whole number, 1 to {}", key, json_text(value).substr(0, 40), most));
  return value.get<int>();
}

template <typename Refuse>
hw::StreamOrder read_order(const Json& json, const Refuse& refuse) {
  const auto name = json.at("stream_order").get<std::string>();
  const int block = whole(json, "stream_block", refuse);
  if (name != "by_round" && name != "by_element")
    refuse(fmt::format("stream_order: \"{}\"; allowed: by_round, by_element", name));
  return {name == "by_element", block};
}

template <typename Refuse>
void require_same(const Json& made_for, const Json& inputs, const Refuse& refuse) {
  const auto text = [](const Json& values, const std::string& path) {
    return values.contains(path) ? values.at(path).template get<std::string>() : std::string("nothing");
  };
  for (const Json* values : {&inputs, &made_for})
    for (const auto& [path, value] : values->items())
      if (text(made_for, path) != text(inputs, path))
        refuse(fmt::format("was made for {} = {}, this run has {}; compile again", path, text(made_for, path),
                           text(inputs, path)));
}

template <typename Refuse>
hw::Mapping read_mapping(const Json& json, const hw::MachineSpec& machine, int tokens, const Refuse& refuse) {
  hw::Mapping mapping;
  const int most = std::max(machine.fabric.user_width, machine.fabric.user_height);
  mapping.lane = {whole(json, "width", refuse, most), whole(json, "height", refuse, most)};
  mapping.lanes = whole(json, "lanes", refuse, most);
  const auto axis = json.at("axis").get<std::string>();
  if (axis == axis_text(hw::FeatureAxis::columns)) {
    mapping.features_over = hw::FeatureAxis::columns;
  } else if (axis != axis_text(hw::FeatureAxis::rows)) {
    refuse(fmt::format("axis: \"{}\"; allowed: \"{}\", \"{}\"", axis, axis_text(hw::FeatureAxis::rows),
                       axis_text(hw::FeatureAxis::columns)));
  }
  if (!fits(machine, mapping) || mapping.lanes > tokens)
    refuse(fmt::format("asks for {} for {} tokens, machine {} has {} x {} PEs", pes_text(mapping), tokens, machine.name,
                       machine.fabric.user_width, machine.fabric.user_height));
  return mapping;
}

}  // namespace

Json plan_json(const Plan& plan, const std::vector<hw::MatrixLayer>& layers) {
  Json sram = Json::array(), alternatives = Json::array();
  for (const SramItem& item : plan.sram) sram.push_back({{"name", item.name}, {"bytes", item.bytes}});
  for (const PlanAlternative& tried : plan.alternatives)
    alternatives.push_back({{"lanes", tried.mapping.lanes},
                            {"width", tried.mapping.lane.width},
                            {"height", tried.mapping.lane.height},
                            {"axis", axis_text(tried.mapping.features_over)},
                            {"micro_batches", tried.micro_batches},
                            {"retain", tried.retain},
                            {"segment", tried.segment},
                            {"predicted_step", tried.predicted_step},
                            {"sram_bytes", tried.sram_bytes}});
  return {{"schema", plan_schema.text()},
          {"layers", layers_json(layers)},
          {"width", plan.mapping.lane.width},
          {"height", plan.mapping.lane.height},
          {"axis", axis_text(plan.mapping.features_over)},
          {"lanes", plan.mapping.lanes},
          {"tokens", plan.tokens},
          {"micro_batches", plan.micro_batches},
          {"retain", plan.retain},
          {"segment", plan.segment},
          {"stream_order", plan.order.by_element ? "by_element" : "by_round"},
          {"stream_block", plan.order.block},
          {"predicted_step", plan.predicted_step},
          {"train", launches_json(plan.train, layers)},
          {"eval", launches_json(plan.eval, layers)},
          {"sram", sram},
          {"sram_bytes", total_bytes(plan.sram)},
          {"colors", plan.colors},
          {"reason", plan.reason},
          {"alternatives", alternatives}};
}

Json plan_inputs(const std::vector<ResolvedValue>& machine, const std::vector<ResolvedValue>& model) {
  static const std::set<std::string> wishes = {
      "runconfig.micro_batch_size", "runconfig.recompute",    "runconfig.lanes",      "runconfig.features_over",
      "runconfig.stream_order",     "runconfig.stream_block", "runconfig.sparse_wire"};
  Json inputs = Json::object();
  // Level 0 is as if nothing were said, and asks the machine for no more than before.
  const std::string level = "runconfig.precision_opt_level";
  const auto said = std::find_if(model.begin(), model.end(), [&level](const ResolvedValue& value) {
    return value.path == level && value.value != "0";
  });
  const bool half_sums = said != model.end();
  if (half_sums) inputs[level] = said->value;
  for (const ResolvedValue& value : machine)
    if (half_sums || value.path != "pe.lanes.fmac_fp16") inputs["machine " + value.path] = value.value;
  for (const ResolvedValue& value : model)
    if (value.path.rfind("model.", 0) == 0 || wishes.count(value.path) > 0) inputs[value.path] = value.value;
  return inputs;
}

Json plan_file_json(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const Json& inputs) {
  Json json = plan_json(plan, layers);
  json["made_for"] = inputs;
  return json;
}

Plan read_plan(const std::filesystem::path& file, const MatchedModel& model, const hw::MachineSpec& machine,
               const Json& inputs, const Plan& fresh) {
  const std::vector<hw::MatrixLayer>& layers = model.layers;
  const auto refuse = [&file](const std::string& why) {
    throw UsageError(fmt::format("--plan {}: {}", file.string(), why));
  };
  std::ifstream stream(file);
  if (!stream) refuse("cannot be opened");
  const Json json = Json::parse(stream, nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.value("schema", Json()).is_string())
    refuse("is not a plan that this program wrote");
  if (const auto schema = json.at("schema").get<std::string>(); !plan_schema.reads(schema))
    refuse(plan_schema.refusal(schema) + "; or compile again");
  Plan plan;
  try {
    if (json.at("layers") != layers_json(layers)) refuse("was made for another model; compile again");
    require_same(json.at("made_for"), inputs, refuse);
    plan.tokens = whole(json, "tokens", refuse);
    plan.micro_batches = whole(json, "micro_batches", refuse);
    const std::int64_t samples = std::int64_t{plan.tokens} * plan.micro_batches;
    const std::int64_t wanted = std::int64_t{fresh.tokens} * fresh.micro_batches;
    if (samples != wanted)
      refuse(fmt::format("was made for {} samples a system, this run has {}; compile again", samples, wanted));
    plan.sample_tokens = fresh.sample_tokens;
    plan.gradient_wire = fresh.gradient_wire;
    if (plan.tokens % plan.sample_tokens != 0)
      refuse(fmt::format("tokens: {} on a wafer cut a sequence of {}", plan.tokens, plan.sample_tokens));
    plan.mapping = read_mapping(json, machine, plan.tokens, refuse);
    plan.retain = json.at("retain").get<bool>();
    plan.segment = whole(json, "segment", refuse);
    if (plan.segment > static_cast<int>(layers.size()))
      refuse(fmt::format("segment: {}; 1 to {} layers", plan.segment, layers.size()));
    plan.order = read_order(json, refuse);
    plan.predicted_step = json.at("predicted_step").get<Cycle>();
    plan.reason = json.at("reason").get<std::string>();
    plan.colors = json.at("colors").get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception& error) {
    refuse(fmt::format("is damaged: {}", error.what()));
  }
  plan.train = predict_launches(layers, machine, train_launches(model, plan.retain, plan.segment), true, plan.mapping,
                                plan.tokens, plan.gradient_wire);
  plan.eval = predict_launches(layers, machine, eval_launches(model), false, plan.mapping, plan.tokens);
  if (json.value("train", Json()) != launches_json(plan.train, layers))
    refuse(fmt::format("was made for another machine than {}; compile again", machine.name));
  plan.sram = training_sram(model, machine, plan.mapping, plan.tokens, plan.retain, plan.segment);
  if (total_bytes(plan.sram) > machine.pe.sram_bytes)
    refuse(fmt::format("needs {} bytes of SRAM, a PE of {} has {}", total_bytes(plan.sram), machine.name,
                       machine.pe.sram_bytes));
  require_free_of_deadlock(machine, layers, plan);
  return plan;
}

}  // namespace weft::sw
