// Do the shipped models resolve to the published networks, and is what people write wrong refused by name?
#include "sw/graph/model_file.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "hw/spec/configuration_echo.h"
#include "sw/compiler/matched_model.h"
#include "sw/graph/initial_weights.h"
#include "sw/graph/network_graph.h"
#include "sw/graph/operation_types.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;

namespace {

const std::string kFolder = weft::test::source_path("sw/models");

sw::ModelConfig load(const std::string& model, const std::vector<std::string>& flags = {}) {
  return sw::read_model(model, kFolder, flags).config;
}

std::vector<hw::MatrixLayer> layers_of(const sw::NetworkConfig& network) {
  return sw::matched_model(sw::network_graph(network)).layers;
}

std::string error_of(const std::string& model, const std::vector<std::string>& flags) {
  try {
    load(model, flags);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("fc_mnist is the three-layer network of the documentation") {
  const auto config = load("fc_mnist");
  CHECK(config.train_input.data_processor == "mnist");
  CHECK(config.train_input.batch_size == 256);
  CHECK(config.train_input.shuffle);
  CHECK(config.train_input.drop_last_batch);
  CHECK(config.train_input.mean == 0.1307);
  CHECK(config.train_input.std == 0.3081);
  CHECK(config.eval_input.batch_size == 256);
  CHECK_FALSE(config.eval_input.shuffle);
  CHECK_FALSE(config.eval_input.drop_last_batch);
  CHECK(config.model.fully_connected()->hidden_sizes == std::vector<int>{500, 300});
  CHECK(config.optimizer.kind == hw::OptimizerKind::adam);
  CHECK(config.optimizer.beta2 == 0.999);
  CHECK(config.schedule.kind == hw::ScheduleKind::constant);
  CHECK(config.schedule.rate == 0.001);
  CHECK(config.runconfig.max_steps == 234);
  CHECK(config.runconfig.mode == sw::Mode::train);
  CHECK(config.runconfig.plan.micro_batch_size.kind == sw::MicroBatch::Kind::automatic);
  const auto layers = layers_of(config.model);
  REQUIRE(layers.size() == 3);
  CHECK(layers[0].name == "fc1");
  CHECK(layers[1].inputs == 500);
  CHECK(layers[1].activation == "ReLU");
  CHECK(layers[2].outputs == 10);
  CHECK(layers[2].activation.empty());
}

TEST_CASE("parameter counts are those of the Model Zoo") {
  CHECK(sw::parameters(sw::network_graph(load("fc_mnist").model)) == 545'810);
  CHECK(sw::parameters(sw::network_graph(load("fc_mnist_deep").model)) == 62'710);
}

TEST_CASE("fc_mnist_deep and fc_mnist_tiny are as stated") {
  const auto deep = load("fc_mnist_deep");
  CHECK(deep.model.fully_connected()->hidden_sizes == std::vector<int>(10, 50));
  CHECK(deep.optimizer.kind == hw::OptimizerKind::sgd);
  CHECK(deep.train_input.batch_size == 128);
  const auto tiny = load("fc_mnist_tiny");
  CHECK(tiny.model.fully_connected()->hidden_sizes == std::vector<int>{24});
  CHECK(tiny.train_input.batch_size == 32);
  CHECK(tiny.schedule.rate == 0.1);
  CHECK(tiny.runconfig.max_steps == 20);
}

TEST_CASE("optimizers resolve to the machine's") {
  const auto sgd = load("fc_mnist_deep", {"optimizer.momentum=0.9"}).optimizer;
  CHECK(sgd.kind == hw::OptimizerKind::momentum);
  CHECK(sgd.momentum == 0.9);
  const auto momentum = load("fc_mnist_tiny", {"optimizer.optimizer_type=Momentum"}).optimizer;
  CHECK(momentum.kind == hw::OptimizerKind::momentum);
  CHECK(momentum.momentum == 0.9);
  const auto adamw =
      load("fc_mnist", {"optimizer.optimizer_type=AdamW", "optimizer.betas=[0.8, 0.99]", "optimizer.weight_decay=0.01"})
          .optimizer;
  CHECK(adamw.kind == hw::OptimizerKind::adamw);
  CHECK(adamw.beta1 == 0.8);
  CHECK(adamw.beta2 == 0.99);
  CHECK(adamw.weight_decay == 0.01);
}

TEST_CASE("schedules resolve to the machine's") {
  const auto schedule = [](const std::string& text) {
    return load("fc_mnist", {"optimizer.learning_rate=" + text}).schedule;
  };
  const auto step = schedule("{scheduler: step, initial_learning_rate: 0.1, step_size: 30, gamma: 0.5}");
  CHECK(step.kind == hw::ScheduleKind::step);
  CHECK(step.rate == 0.1);
  CHECK(step.total_steps == 30);
  CHECK(step.gamma == 0.5);
  const auto warmup =
      schedule("[{scheduler: warmup_linear, initial_learning_rate: 0.01, end_learning_rate: 0.1, total_iters: 9}]");
  CHECK(warmup.kind == hw::ScheduleKind::polynomial);
  CHECK(warmup.rate == 0.01);
  CHECK(warmup.end_rate == 0.1);
  CHECK(warmup.total_steps == 9);
  const auto cosine = schedule("{scheduler: Cosine, initial_learning_rate: 0.1, total_iters: 100}");
  CHECK(cosine.kind == hw::ScheduleKind::cosine_decay);
  CHECK(cosine.rate == 0.1);
  CHECK(cosine.end_rate == 0);
  CHECK(cosine.total_steps == 100);
  CHECK(schedule("{scheduler: constant, learning_rate: 0.3}").rate == 0.3);
}

TEST_CASE("loss scales resolve to the machine's") {
  const auto fixed = load("fc_mnist", {"optimizer.loss_scaling_factor=128"}).loss_scale;
  CHECK_FALSE(fixed.dynamic);
  CHECK(fixed.initial == 128);
  const auto dynamic = load("fc_mnist", {"optimizer.loss_scaling_factor=dynamic"}).loss_scale;
  CHECK(dynamic.dynamic);
  CHECK(dynamic.initial == 32768);
  CHECK(dynamic.growth_interval == 2000);
}

TEST_CASE("what people write wrong is refused by name") {
  const auto [flag, says] = GENERATE(table<std::string, std::string>({
      {"model.hiden_sizes=[5]", "unknown key model.hiden_sizes; nearest: hidden_sizes"},
      {"modle.dropout=0.1", "unknown key modle; nearest: model"},
      {"runconfig.learning_rate=1", "nearest: optimizer.learning_rate"},
      {"train_input.batch_size=0", "train_input.batch_size is '0'"},
      {"train_input.batch_size=many", "a whole number"},
      {"train_input.data_processor=minst", "nearest: mnist"},
      {"train_input.shuffle=perhaps", "true or false"},
      {"train_input.normalise.std=0", "train_input.normalise.std is '0'"},
      {"model.hidden_sizes=[500, 0]", "model.hidden_sizes[1] is '0'"},
      {"model.hidden_sizes=500", "a list of 0 to"},
      {"model.depth=3", "hidden_sizes says another"},
      {"model.hidden_size=500", "hidden_sizes says another"},
      {"model.num_classes=9", "labels 0 to 9"},
      {"model.input_features=785", "28 x 28"},
      {"model.dropout=1", "model.dropout is '1'"},
      {"model.activation_fn=gleu", "nearest: gelu"},
      {"model.mixed_precision=false", "mixed precision only"},
      {"model.fp16_type=bfloat8", "nearest: bfloat16"},
      {"model.retain_output_layer=atuo", "nearest: auto"},
      {"optimizer.optimizer_type=adma", "nearest: adam"},
      {"optimizer.momentum=0.9", "adamw have betas"},
      {"optimizer.learning_rate=-1", "optimizer.learning_rate is '-1'"},
      {"optimizer.learning_rate=fast", "a number"},
      {"optimizer.learning_rate={scheduler: cosin}", "nearest: Cosine"},
      {"optimizer.learning_rate={scheduler: step, initial_learning_rate: 1, step_size: 0}",
       "learning_rate.step_size is '0'"},
      {"optimizer.learning_rate={scheduler: constant, learning_rate: 1000.5}",
       "learning_rate.learning_rate is '1000.5'"},
      {"optimizer.learning_rate={scheduler: constant, learning_rate: 1, gamma: 2}",
       "unknown key optimizer.learning_rate.gamma"},
      {"optimizer.learning_rate=[]", "one scheduler or more"},
      {"optimizer.learning_rate=[{scheduler: Constant, learning_rate: 1}, {scheduler: Constant, learning_rate: 2}]",
       "part 1 of 2 must say its total_iters"},
      {"optimizer.learning_rate={LinearLR: {total_iters: 5, steps: 6}}", "total_iters says it already"},
      {"optimizer.learning_rate={MultiStep: {initial_learning_rate: 1, milestones: [5, 5]}}", "steps that rise"},
      {"optimizer.learning_rate={PiecewiseConstant: {learning_rates: [1], milestones: [5]}}",
       "one more than milestones"},
      {"optimizer.learning_rate={OneCycle: {initial_learning_rate: 1, max_lr: 2, total_steps: 3}}", "each phase"},
      {"optimizer.learning_rate={A: {}, B: {}}", "a scheduler is {scheduler: Name, its keys} or {Name: {its keys}}"},
      {"optimizer.learning_rate={scheduler: SequentialLR, schedulers: [{Constant: {learning_rate: 1}}, "
       "{Constant: {learning_rate: 2}}], milestones: [3, 5]}",
       "allowed: 1 steps, one fewer than schedulers"},
      {"optimizer={optimizer_type: sgd, learning_rate: 1, nesterov: true}", "needs a momentum, and no dampening"},
      {"optimizer={optimizer_type: sgd, learning_rate: 1, momentum: 0.9, dampening: 0.1, nesterov: true}",
       "needs a momentum, and no dampening"},
      {"optimizer={optimizer_type: sgd, learning_rate: 1, max_gradient_norm: 1, max_gradient_value: 1}",
       "clipped by max_gradient_norm already"},
      {"optimizer.betas=[0.9]", "a list of 2 items"},
      {"optimizer.betas=[0.9, 1]", "optimizer.betas[1] is '1'"},
      {"optimizer.eps=0", "optimizer.eps is '0'"},
      {"optimizer.loss_scaling_factor=dynamci", "nearest: dynamic"},
      {"optimizer.loss_scaling_factor=0", "optimizer.loss_scaling_factor is '0'"},
      {"runconfig.max_steps=0", "runconfig.max_steps is '0'"},
      {"runconfig.mode=trian", "nearest: train"},
      {"runconfig.num_csx=0", "runconfig.num_csx is '0'"},
      {"runconfig.seed=-1", "runconfig.seed is '-1'"},
      {"runconfig.micro_batch_size=atuo", "nearest: auto"},
      {"runconfig.micro_batch_size=0", "or auto, or none"},
      {"runconfig.placement=stripe", "nearest: striped"},
  }));
  CAPTURE(flag);
  CHECK_THAT(error_of("fc_mnist", {flag}), Contains(says));
}

TEST_CASE("a batch must divide among systems and micro-batches") {
  CHECK(error_of("fc_mnist", {"runconfig.num_csx=256"}).empty());
  CHECK_THAT(error_of("fc_mnist", {"runconfig.num_csx=3"}),
             Contains("does not divide among 3 systems") && Contains("255 or 258"));
  CHECK_THAT(error_of("fc_mnist", {"runconfig.num_csx=257"}), Contains("nearest: 257"));
  CHECK(error_of("fc_mnist", {"runconfig.num_csx=2", "runconfig.micro_batch_size=64"}).empty());
  CHECK_THAT(error_of("fc_mnist", {"runconfig.num_csx=2", "runconfig.micro_batch_size=96"}),
             Contains("128 samples do not divide"));
  CHECK_THAT(error_of("fc_mnist", {"runconfig.mode=train_and_eval", "eval_input.batch_size=100"}),
             Contains("as in train_input"));
  CHECK_THAT(error_of("fc_mnist", {"runconfig.mode=train_and_eval", "eval_input={data_processor: synthetic}"}),
             Contains("eval_input.data_processor is 'synthetic'") && Contains("allowed: mnist, as in train_input"));
  CHECK(error_of("fc_mnist", {"runconfig.mode=eval", "eval_input.batch_size=100"}).empty());
}

TEST_CASE("the echo tells default, file and flag apart") {
  const auto json = hw::echo(sw::read_model("fc_mnist_tiny", kFolder, {"runconfig.num_csx=2"}).values);
  CHECK(json["runconfig.num_csx"]["origin"] == "flag");
  CHECK(json["runconfig.log_steps"]["origin"] == "default");
  CHECK(json["train_input.batch_size"]["origin"].get<std::string>().rfind("fc_mnist_tiny.yaml:", 0) == 0);
  CHECK(json["model.hidden_sizes"]["value"] == nlohmann::json::array({24}));
}

TEST_CASE("sparsity: for all layers, for each, from a checkpoint, and what cannot be meant is refused") {
  const auto with = [](const std::vector<std::string>& overrides) {
    return sw::read_model("fc_mnist_tiny", kFolder, overrides).config.model;
  };
  CHECK(with({}).sparsity.of_layers.empty());
  CHECK(with({"model.sparsity=0.75"}).sparsity.of_layers == std::vector<double>{0.75, 0.75});
  CHECK(with({"model.sparsity=[0.5, 0]"}).sparsity.of_layers == std::vector<double>{0.5, 0});
  CHECK(layers_of(with({"model.sparsity=[0.5, 0]"}))[0].sparsity == 0.5);
  CHECK(with({"model.sparsity=from_checkpoint"}).sparsity.from_checkpoint);
  CHECK(with({"model.sparsity=0.5", "model.sparsity_seed=7"}).sparsity.seed == 7);
  CHECK_THROWS_WITH(with({"model.sparsity=1"}), Catch::Contains("model.sparsity") && Catch::Contains("0.9999"));
  CHECK_THROWS_WITH(with({"model.sparsity=[0.5]"}), Catch::Contains("model.sparsity") && Catch::Contains("2"));
  CHECK_THROWS_WITH(with({"model.sparsity=from_file"}), Catch::Contains("from_checkpoint"));
  CHECK_THROWS_WITH(with({"model.sparsity_seed=7"}), Catch::Contains("sparsity_seed"));
  CHECK_THROWS_WITH(with({"model.sparsity=from_checkpoint", "model.sparsity_seed=7"}),
                    Catch::Contains("sparsity_seed") && Catch::Contains("the checkpoint's zeros say"));
  CHECK_THROWS_WITH(with({"model.sparsity=0.5", "model.retain_output_layer=true"}),
                    Catch::Contains("retain_output_layer"));
}

TEST_CASE("use_bias: without it no layer has a bias, and a step computes and updates none") {
  const auto network = [](const std::string& use_bias) {
    return sw::network_graph(sw::read_model("fc_mnist_tiny", kFolder, {"model.use_bias=" + use_bias}).config.model);
  };
  const auto parameters = [](const sw::OperationGraph& graph) {
    std::vector<std::string> names;
    for (const sw::Operation& operation : graph.operations)
      for (const sw::Parameter& parameter : sw::type_of(operation).parameters(operation))
        names.push_back(parameter.name);
    return names;
  };
  CHECK(parameters(network("true")) == std::vector<std::string>{"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"});
  CHECK(parameters(network("false")) == std::vector<std::string>{"fc1.weight", "fc2.weight"});
  CHECK(sw::flops(network("true")) - sw::flops(network("false")) == 24 + 10);
  for (const hw::MatrixLayer& layer : sw::matched_model(network("false")).layers) CHECK_FALSE(layer.bias);
  for (const hw::MatrixLayer& layer : sw::matched_model(network("true")).layers) CHECK(layer.bias);
}

TEST_CASE("initial weights have the bounds, mean and deviation of PyTorch's Linear") {
  const auto layers = layers_of(load("fc_mnist").model);
  const auto parameters = sw::initial_weights(layers, 1);
  REQUIRE(parameters.size() == 3);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const double bound = 1 / std::sqrt(static_cast<double>(layers[i].inputs));
    const auto& weight = parameters[i].weight;
    REQUIRE(weight.size() == static_cast<std::size_t>(layers[i].outputs) * layers[i].inputs);
    REQUIRE(parameters[i].bias.size() == static_cast<std::size_t>(layers[i].outputs));
    double sum = 0, squares = 0, largest = 0;
    for (const double w : weight) {
      sum += w;
      squares += w * w;
      largest = std::max(largest, std::abs(w));
    }
    const auto count = static_cast<double>(weight.size());
    CHECK(largest < bound);
    CHECK(largest > 0.99 * bound);
    CHECK(std::abs(sum / count) < 4 * bound / std::sqrt(3 * count));
    CHECK(std::sqrt(squares / count) == Approx(bound / std::sqrt(3.0)).epsilon(0.03));
    for (const double b : parameters[i].bias) CHECK(std::abs(b) < bound);
  }
}

TEST_CASE("initial weights are the stated generator's, bit for bit") {
  // From SplitMix64 written out in Python integers.
  const auto parameters = sw::initial_weights(layers_of(load("fc_mnist").model), 1);
  CHECK(parameters[0].weight[0] == -0x1.1daf1ep-6f);
  CHECK(parameters[0].bias[0] == -0x1.9f94bcp-7f);
  CHECK(parameters[1].weight[3] == 0x1.e5531ep-7f);
}

TEST_CASE("initial weights depend on seed and place only") {
  const std::vector<hw::MatrixLayer> one{{"fc1", 7, 5}}, two{{"fc1", 7, 5}, {"fc2", 5, 3}};
  CHECK(sw::initial_weights(one, 1)[0].weight == sw::initial_weights(two, 1)[0].weight);
  CHECK(sw::initial_weights(one, 1)[0].weight != sw::initial_weights(one, 2)[0].weight);
  CHECK(sw::initial_weights(two, 1)[0].bias != sw::initial_weights(two, 1)[1].bias);
}
