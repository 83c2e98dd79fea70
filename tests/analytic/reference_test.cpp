// Question: does the simulated cluster train as plain double-precision arithmetic does? Loss of every step and weights.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <cstdio>

#include "hw/cluster/cluster.h"
#include "hw/spec/machine_file.h"
#include "sw/compiler/planner.h"
#include "sw/graph/initial_weights.h"
#include "tests/support/fp16.h"
#include "tests/support/layer_chain.h"
#include "tests/support/paths.h"
#include "tests/support/reference_trainer.h"

using namespace weft;
using namespace weft::hw;

namespace {

/// Ten noisy patterns; the same numbers for the cluster and for the reference.
class Patterns final : public SampleSource {
 public:
  Patterns(const Job& job, int features) : job_(job), features_(features) {}
  int features() const override { return features_; }
  void fill(int, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
            std::int32_t* labels) override {
    for (int token = 0; token < job_.tokens(); ++token) {
      const std::int64_t index =
          step * job_.batch + system * job_.tokens_per_system() + micro_batch * job_.tokens() + token;
      labels[token] = label(index);
      for (int feature = 0; feature < features_; ++feature)
        samples[token * features_ + feature] = float_to_half(static_cast<float>(value(index, feature)));
    }
  }
  static int label(std::int64_t index) { return static_cast<int>(index * 7 % 10); }
  static double value(std::int64_t index, int feature) {
    std::uint64_t state = static_cast<std::uint64_t>(index * 1009 + feature + 1) * 0x9e3779b97f4a7c15ULL;
    state ^= state >> 29;
    state *= 0xbf58476d1ce4e5b9ULL;
    const double noise = static_cast<double>(state >> 40) / 16777216.0 - 0.5;
    return half_to_float(float_to_half(static_cast<float>(noise + (feature % 10 == label(index) ? 1.0 : 0.0))));
  }

 private:
  const Job& job_;
  int features_;
};

class Losses final : public RunObserver {
 public:
  void on_step(const StepResult& result) override { sums.push_back(result.loss_sum); }
  void on_checkpoint(const TrainingState&, Picosecond) override {}
  std::vector<double> sums;
};

void compare(OptimizerKind kind, double rate, int systems, int micro_batches, sw::RetainOutput retain,
             std::vector<int> widths, sw::PlanWishes wanted = {}, double sparsity = 0, const char* activation = "ReLU",
             const std::vector<bool>& bias = {}, HalfSums half_sums = {}) {
  MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  if (wanted.lanes > 1) machine.io.rows_per_channel = machine.fabric.user_height / wanted.lanes;
  Job job;
  for (std::size_t index = 0; index + 1 < widths.size(); ++index)
    job.layers.push_back({fmt::format("fc{}", index + 1), widths[index], widths[index + 1],
                          index + 2 < widths.size() ? activation : "", 0});
  for (std::size_t index = 0; index < bias.size(); ++index) job.layers[index].bias = bias[index];
  for (MatrixLayer& layer : job.layers) layer.half_sums = half_sums;
  const bool gelu = activation != std::string("ReLU");
  for (MatrixLayer& layer : job.layers) layer.keeps_preactivation = gelu && !layer.activation.empty();
  for (std::size_t index = 0; sparsity > 0 && index < job.layers.size(); ++index) {
    MatrixLayer& layer = job.layers[index];
    layer.sparsity = sparsity;
    layer.mask = layer.trained =
        std::make_shared<const WeightMask>(WeightMask::random(layer.outputs, layer.inputs, sparsity, index + 5));
    if (wanted.sparse_wire != sw::SparseWire::dense) continue;
    layer.sparsity = 0;
    layer.mask = nullptr;
  }
  weft::test::place_tensors(job);
  job.batch = 48;
  job.systems = systems;
  job.optimizer.kind = kind;
  job.schedule.rate = rate;
  job.stages = {{true, 12}};
  wanted.micro_batch_size = {sw::MicroBatch::Kind::samples, job.batch / systems / micro_batches};
  const sw::Plan plan = sw::make_plan(weft::test::layer_chain(job.layers), machine, job.batch, systems, retain, wanted);
  REQUIRE((wanted.lanes == 0 || plan.mapping.lanes == wanted.lanes));
  job.micro_batches = plan.micro_batches;
  for (const sw::PlannedLaunch& planned : plan.train) job.train_launches.push_back(planned.launch);
  TrainingState initial = initial_state(job);
  std::vector<test::ReferenceTrainer::Layer> layers;
  auto parameters = sw::initial_weights(job.layers, 3);
  for (std::size_t index = 0; index < job.layers.size(); ++index) {
    std::vector<bool> kept;
    const MatrixLayer& layer = job.layers[index];
    for (int output = 0; layer.trained && output < layer.outputs; ++output)
      for (int input = 0; input < layer.inputs; ++input) {
        kept.push_back(layer.trained->kept(output, input));
        if (!kept.back()) parameters[index].weight[kept.size() - 1] = 0;
      }
    parameters[index].put_into(initial.layers[index]);
    const auto& weight = parameters[index].weight;
    const auto& biases = parameters[index].bias;
    CHECK(biases.empty() == !layer.bias);
    layers.push_back({job.layers[index].inputs,
                      job.layers[index].outputs,
                      {weight.begin(), weight.end()},
                      {biases.begin(), biases.end()},
                      kept});
  }
  Patterns source(job, widths.front());
  Losses losses;
  RunToEnd control;
  proto::NullRecorder recorder;
  ThreadPool pool(1);
  LaunchMemo memo;
  const SystemPlan shared{&job, &machine, plan.mapping, {1, 1}, &memo, [](bool, int) { return Cycle{0}; }, &pool};
  Cluster cluster("cluster", shared, initial, source, control, losses, recorder);
  cluster.run();

  test::ReferenceTrainer reference(
      layers, kind == OptimizerKind::sgd ? test::ReferenceTrainer::Rule::sgd : test::ReferenceTrainer::Rule::adam,
      rate);
  if (gelu) reference.set_activation(test::ReferenceTrainer::gelu, test::ReferenceTrainer::gelu_slope);
  REQUIRE(losses.sums.size() == 12);
  double worst = 0, first = 0, last = 0;
  for (int step = 0; step < 12; ++step) {
    std::vector<std::vector<double>> samples;
    std::vector<int> labels;
    for (int place = 0; place < job.batch; ++place) {
      samples.emplace_back();
      for (int feature = 0; feature < widths.front(); ++feature)
        samples.back().push_back(Patterns::value(step * job.batch + place, feature));
      labels.push_back(Patterns::label(step * job.batch + place));
    }
    last = reference.step(samples, labels);
    if (step == 0) first = last;
    worst = std::max(worst, std::fabs(last - losses.sums[static_cast<std::size_t>(step)] / job.batch));
  }
  double weight_error = 0;
  const TrainingState end = cluster.memoryx().state();
  for (std::size_t index = 0; index < layers.size(); ++index)
    for (std::size_t i = 0; i < end.layers[index].tensors[0].values.size(); ++i)
      weight_error = std::max(weight_error, std::fabs(static_cast<double>(end.layers[index].tensors[0].values[i]) -
                                                      reference.layers()[index].weight[i]));
  std::fputs(fmt::format("loss {:.4f} -> {:.4f}; worst loss difference {:.5f}, worst weight difference {:.5f}\n", first,
                         last, worst, weight_error)
                 .c_str(),
             stdout);
  CHECK(last < first);
  CHECK(worst < 0.004);
  CHECK(weight_error < (kind == OptimizerKind::sgd ? 0.002 : 0.02));
}

}  // namespace

TEST_CASE("SGD, one system") { compare(OptimizerKind::sgd, 0.1, 1, 1, sw::RetainOutput::no, {60, 30, 10}); }
TEST_CASE("Adam, one system, output layer retained") {
  compare(OptimizerKind::adam, 0.003, 1, 1, sw::RetainOutput::yes, {60, 30, 20, 10});
}
TEST_CASE("Adam, four systems, three micro-batches") {
  compare(OptimizerKind::adam, 0.003, 4, 3, sw::RetainOutput::no, {47, 33, 10});
}
TEST_CASE("more rows than features") { compare(OptimizerKind::sgd, 0.1, 1, 1, sw::RetainOutput::yes, {13, 7, 10}); }
TEST_CASE("lanes with even shares of the tokens") {
  sw::PlanWishes wishes;
  wishes.lanes = 2;
  compare(OptimizerKind::adam, 0.003, 1, 1, sw::RetainOutput::yes, {60, 30, 20, 10}, wishes);
}
TEST_CASE("lanes with uneven shares of the tokens") {
  sw::PlanWishes wishes;
  wishes.lanes = 5;
  compare(OptimizerKind::adam, 0.003, 1, 1, sw::RetainOutput::no, {60, 30, 20, 10}, wishes);
}
TEST_CASE("features over columns") {
  sw::PlanWishes wishes;
  wishes.features_over = sw::FeaturesOver::columns;
  compare(OptimizerKind::sgd, 0.1, 2, 2, sw::RetainOutput::no, {60, 30, 10}, wishes);
}
TEST_CASE("sparse layers: kept weights train, the others stay zero") {
  compare(OptimizerKind::adam, 0.003, 1, 1, sw::RetainOutput::automatic, {60, 30, 20, 10}, {}, 0.5);
}
TEST_CASE("sparse layers on two systems, micro-batches, lanes") {
  sw::PlanWishes wishes;
  wishes.lanes = 2;
  compare(OptimizerKind::sgd, 0.1, 2, 2, sw::RetainOutput::automatic, {60, 30, 10}, wishes, 0.7);
}
TEST_CASE("sparse layers whose zeros travel: the others train, they stay zero") {
  sw::PlanWishes wishes;
  wishes.sparse_wire = sw::SparseWire::dense;
  compare(OptimizerKind::adam, 0.003, 1, 1, sw::RetainOutput::automatic, {60, 30, 20, 10}, wishes, 0.5);
}
TEST_CASE("sparse layers whose zeros travel, on two systems, micro-batches") {
  sw::PlanWishes wishes;
  wishes.sparse_wire = sw::SparseWire::dense;
  compare(OptimizerKind::sgd, 0.1, 2, 2, sw::RetainOutput::no, {60, 30, 10}, wishes, 0.7);
}
TEST_CASE("layers without bias: micro-batches, two systems") {
  compare(OptimizerKind::sgd, 0.1, 2, 2, sw::RetainOutput::no, {60, 30, 10}, {}, 0, "ReLU", {false, false});
}
TEST_CASE("some layers without bias, the output layer's weights retained, lanes") {
  sw::PlanWishes wishes;
  wishes.lanes = 2;
  compare(OptimizerKind::adam, 0.003, 1, 1, sw::RetainOutput::yes, {60, 30, 20, 10}, wishes, 0, "ReLU",
          {true, false, false});
}
TEST_CASE("sparse layers without bias") {
  compare(OptimizerKind::adam, 0.003, 1, 1, sw::RetainOutput::automatic, {60, 30, 20, 10}, {}, 0.5, "ReLU",
          {false, true, false});
}
TEST_CASE("layers without bias whose zeros travel, features over columns") {
  sw::PlanWishes wishes;
  wishes.sparse_wire = sw::SparseWire::dense;
  wishes.features_over = sw::FeaturesOver::columns;
  compare(OptimizerKind::adam, 0.003, 1, 2, sw::RetainOutput::no, {60, 30, 10}, wishes, 0.5, "ReLU", {false, false});
}
// Within the same bounds.
TEST_CASE("sums of halves, forward and in the delta pass: SGD, two systems, micro-batches") {
  compare(OptimizerKind::sgd, 0.1, 2, 2, sw::RetainOutput::no, {60, 30, 10}, {}, 0, "ReLU", {}, {true, true, false});
}
TEST_CASE("sums of halves: sparse layers on lanes, Adam") {
  sw::PlanWishes wishes;
  wishes.lanes = 2;
  compare(OptimizerKind::adam, 0.003, 1, 1, sw::RetainOutput::automatic, {60, 30, 20, 10}, wishes, 0.5, "ReLU", {},
          {true, true, false});
}
TEST_CASE("one layer") { compare(OptimizerKind::sgd, 0.1, 2, 1, sw::RetainOutput::automatic, {60, 10}); }
TEST_CASE("GELU: two hidden layers, micro-batches, lanes") {
  sw::PlanWishes wishes;
  wishes.lanes = 2;
  compare(OptimizerKind::adam, 0.003, 2, 2, sw::RetainOutput::automatic, {60, 30, 20, 10}, wishes, 0, "GELU");
}
TEST_CASE("GELU: all but every second layer's input computed again") {
  sw::PlanWishes wishes;
  wishes.recompute = 2;
  compare(OptimizerKind::sgd, 0.1, 1, 1, sw::RetainOutput::no, {60, 30, 20, 24, 10}, wishes, 0, "GELU");
}
