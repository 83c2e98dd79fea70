// Question: does an evaluation count as plain double-precision arithmetic does? Loss and correct predictions of every
// batch, the last one padded.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
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

constexpr int features = 24, classes = 10, batch = 32, samples = 100;

/// Noise, and a little more in every tenth feature from the label's on: most are found, not all.
int label_of(std::int64_t index) { return static_cast<int>(index * 7 % classes); }
double value_of(std::int64_t index, int feature) {
  std::uint64_t state = static_cast<std::uint64_t>(index * 1009 + feature + 1) * 0x9e3779b97f4a7c15ULL;
  state ^= state >> 29;
  state *= 0xbf58476d1ce4e5b9ULL;
  const double noise = 1.4 * (static_cast<double>(state >> 40) / 16777216.0 - 0.5);
  return half_to_float(float_to_half(static_cast<float>(noise + (feature % classes == label_of(index) ? 1.0 : 0.0))));
}

/// Samples of the evaluation are others than those of the training; behind the last there is nothing.
class Samples final : public SampleSource {
 public:
  explicit Samples(const Job& job) : job_(job) {}
  int features() const override { return ::features; }
  void fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* to,
            std::int32_t* labels) override {
    const bool train = job_.stages[static_cast<std::size_t>(stage)].train;
    for (int token = 0; token < job_.tokens(); ++token) {
      const std::int64_t place =
          step * job_.batch + system * job_.tokens_per_system() + micro_batch * job_.tokens() + token;
      const bool padding = !train && place >= samples;
      labels[token] = padding ? -1 : label_of(place + (train ? 0 : 5000));
      for (int feature = 0; feature < ::features; ++feature)
        *to++ = padding ? 0 : float_to_half(static_cast<float>(value_of(place + (train ? 0 : 5000), feature)));
    }
  }

 private:
  const Job& job_;
};

struct Results final : RunObserver {
  void on_step(const StepResult& result) override { steps.push_back(result); }
  void on_checkpoint(const TrainingState&, Picosecond) override {}
  std::vector<StepResult> steps;
};

std::vector<double> wide(const std::vector<float>& values) { return {values.begin(), values.end()}; }

/// fp16 is what the wafer has of a weight.
std::vector<double> rounded(std::vector<float> values) {
  for (float& value : values) value = half_to_float(float_to_half(value));
  return wide(values);
}

void evaluate(int systems, int micro_batches, sw::PlanWishes wishes = {}, double sparsity = 0) {
  MachineSpec machine = load_machine("mini", test::source_path("hw/machines"));
  if (wishes.lanes > 1) machine.io.rows_per_channel = machine.fabric.user_height / wishes.lanes;
  Job job;
  job.layers = {{"fc1", features, 20, "ReLU", 0.25}, {"fc2", 20, classes, "", 0}};  // no dropout in an evaluation
  if (sparsity > 0)
    for (MatrixLayer& layer : job.layers) {
      layer.sparsity = sparsity;
      layer.mask = std::make_shared<const WeightMask>(WeightMask::random(layer.outputs, layer.inputs, sparsity, 3));
    }
  weft::test::place_tensors(job);
  job.batch = batch;
  job.systems = systems;
  job.schedule.rate = 0.5;
  job.stages = {{true, 30}, {false, 4}};
  wishes.micro_batch_size = {sw::MicroBatch::Kind::samples, batch / systems / micro_batches};
  const sw::Plan plan =
      sw::make_plan(weft::test::layer_chain(job.layers), machine, batch, systems, sw::RetainOutput::automatic, wishes);
  job.micro_batches = plan.micro_batches;
  for (const sw::PlannedLaunch& planned : plan.train) job.train_launches.push_back(planned.launch);
  for (const sw::PlannedLaunch& planned : plan.eval) job.eval_launches.push_back(planned.launch);
  TrainingState initial = initial_state(job);
  auto parameters = sw::initial_weights(job.layers, 3);
  for (std::size_t index = 0; index < 2; ++index) {
    const MatrixLayer& layer = job.layers[index];
    for (std::size_t place = 0; layer.mask && place < parameters[index].weight.size(); ++place)
      if (!layer.mask->kept(static_cast<int>(place) / layer.inputs, static_cast<int>(place) % layer.inputs))
        parameters[index].weight[place] = 0;
    initial.layers[index].tensors[0].values = parameters[index].weight;
    initial.layers[index].tensors[1].values = parameters[index].bias;
  }
  Samples source(job);
  Results results;
  RunToEnd control;
  proto::NullRecorder recorder;
  ThreadPool pool(1);
  LaunchMemo memo;
  const SystemPlan shared{&job, &machine, plan.mapping, {1, 1}, &memo, [](bool, int) { return Cycle{0}; }, &pool};
  Cluster cluster("cluster", shared, initial, source, control, results, recorder);
  cluster.run();

  const TrainingState end = cluster.memoryx().state();
  std::vector<test::ReferenceTrainer::Layer> layers;
  for (std::size_t index = 0; index < 2; ++index)
    layers.push_back({job.layers[index].inputs, job.layers[index].outputs, rounded(end.layers[index].tensors[0].values),
                      rounded(end.layers[index].tensors[1].values)});
  const test::ReferenceTrainer reference(layers, test::ReferenceTrainer::Rule::sgd, 0);
  REQUIRE(results.steps.size() == 34);
  std::int64_t all = 0;
  double worst = 0;
  for (std::int64_t step = 0; step < 4; ++step) {
    const StepResult& result = results.steps[static_cast<std::size_t>(30 + step)];
    REQUIRE((result.stage == 1 && result.step == step));
    std::int64_t least = 0, most = 0;  // near ties may fall either way
    double loss = 0;
    for (std::int64_t place = step * batch; place < std::min<std::int64_t>((step + 1) * batch, samples); ++place) {
      std::vector<double> sample;
      for (int feature = 0; feature < features; ++feature) sample.push_back(value_of(place + 5000, feature));
      const int label = label_of(place + 5000);
      const std::vector<double> logits = reference.logits(sample);
      double best_other = -1e9;
      for (int other = 0; other < classes; ++other)
        if (other != label) best_other = std::max(best_other, logits[static_cast<std::size_t>(other)]);
      const double margin = logits[static_cast<std::size_t>(label)] - best_other;
      least += margin > 0.01;
      most += margin > -0.01;
      loss += reference.loss({sample}, {label});
    }
    CHECK(result.correct >= least);
    CHECK(result.correct <= most);
    CHECK(most - least <= 2);
    worst = std::max(worst, std::fabs(result.loss_sum - loss));
    all += result.correct;
  }
  std::fputs(fmt::format("{} of {} correct, worst difference of a batch's loss {:.5f}\n", all, samples, worst).c_str(),
             stdout);
  CHECK((all > samples / 3 && all < samples));
  CHECK(worst < 0.02);
}

}  // namespace

TEST_CASE("evaluation, one system") { evaluate(1, 1); }
TEST_CASE("evaluation, two systems of two micro-batches, the last of them all padding") { evaluate(2, 2); }
TEST_CASE("evaluation, lanes with uneven shares") {
  sw::PlanWishes wishes;
  wishes.lanes = 5;
  evaluate(1, 1, wishes);
}
TEST_CASE("evaluation, features over columns") {
  sw::PlanWishes wishes;
  wishes.features_over = sw::FeaturesOver::columns;
  evaluate(2, 1, wishes);
}
TEST_CASE("evaluation, sparse layers") { evaluate(1, 2, {}, 0.5); }
