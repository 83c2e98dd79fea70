// Question: do layers that read the same activation, one with a bias and one without, train as plain double-precision
// arithmetic does? The constant one stands behind the activation for the one, the other passes it over.
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdio>
#include <optional>

#include "hw/cluster/cluster.h"
#include "hw/spec/machine_file.h"
#include "sw/compiler/matched_model.h"
#include "sw/graph/initial_weights.h"
#include "tests/support/fp16.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

namespace {

constexpr std::size_t inputs = 11, features = 7, classes = 5, batch = 24, steps = 5;
constexpr double rate = 0.2;

std::size_t label_of(std::size_t index) { return index * index % 7 % classes; }
double sample_of(std::size_t index, std::size_t input) {
  const double noise = std::sin(1.0 + 7.0 * static_cast<double>(index) + 3.0 * static_cast<double>(input * input));
  return half_to_float(float_to_half(static_cast<float>(noise + (input % classes == label_of(index) ? 1.0 : 0.0))));
}

class Samples final : public SampleSource {
 public:
  explicit Samples(const Job& job) : job_(job) {}
  int features() const override { return static_cast<int>(inputs); }
  void fill(int, std::int64_t step, int, int, std::uint16_t* samples, std::int32_t* labels) override {
    for (int token = 0; token < job_.tokens(); ++token) {
      const auto index = static_cast<std::size_t>(step * job_.batch + token);
      labels[token] = static_cast<std::int32_t>(label_of(index));
      for (std::size_t input = 0; input < inputs; ++input)
        *samples++ = float_to_half(static_cast<float>(sample_of(index, input)));
    }
  }

 private:
  const Job& job_;
};

struct Losses final : RunObserver {
  void on_step(const StepResult& result) override { of_steps.push_back(result.loss_sum / static_cast<double>(batch)); }
  void on_checkpoint(const TrainingState&, Picosecond) override {}
  std::vector<double> of_steps;
};

/// Matrices by output: y = (with + without) x + bias, logits = last y + last_bias.
struct Parameters {
  std::vector<double> with, bias, without, last, last_bias;
};
constexpr std::vector<double> Parameters::*members[] = {&Parameters::with, &Parameters::bias, &Parameters::without,
                                                        &Parameters::last, &Parameters::last_bias};

double reference_step(std::size_t step, Parameters& now) {
  Parameters g = now;
  for (const auto member : members) std::fill((g.*member).begin(), (g.*member).end(), 0.0);
  double loss = 0;
  for (std::size_t index = step * batch; index < (step + 1) * batch; ++index) {
    std::vector<double> y(now.bias), logits(now.last_bias), back(features, 0.0);
    for (std::size_t f = 0; f < features; ++f)
      for (std::size_t i = 0; i < inputs; ++i)
        y[f] += (now.with[f * inputs + i] + now.without[f * inputs + i]) * sample_of(index, i);
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      for (std::size_t f = 0; f < features; ++f) logits[c] += now.last[c * features + f] * y[f];
      sum += std::exp(logits[c]);
    }
    loss += (std::log(sum) - logits[label_of(index)]) / batch;
    for (std::size_t c = 0; c < classes; ++c) {
      const double delta = (std::exp(logits[c]) / sum - (c == label_of(index) ? 1 : 0)) / batch;
      g.last_bias[c] += delta;
      for (std::size_t f = 0; f < features; ++f) {
        g.last[c * features + f] += delta * y[f];
        back[f] += delta * now.last[c * features + f];
      }
    }
    for (std::size_t f = 0; f < features; ++f) {
      g.bias[f] += back[f];
      for (std::size_t i = 0; i < inputs; ++i) {
        g.with[f * inputs + i] += back[f] * sample_of(index, i);
        g.without[f * inputs + i] += back[f] * sample_of(index, i);
      }
    }
  }
  for (const auto member : members)
    for (std::size_t at = 0; at < (now.*member).size(); ++at) (now.*member)[at] -= rate * (g.*member)[at];
  return loss;
}

void compare(const Mapping& mapping, WaferCut cut) {
  sw::OperationGraph graph{{{"samples", static_cast<int>(inputs)}, {"labels", 1}}, {}, {"loss"}};
  graph.operations = {{"Linear", "with", {"samples"}, {"with"}, {{"features", features}}},
                      {"Linear", "without", {"samples"}, {"without"}, {{"features", features}, {"bias", 0}}},
                      {"Add", "sum", {"with", "without"}, {"sum"}},
                      {"Linear", "last", {"sum"}, {"last"}, {{"features", classes}}},
                      {"SoftmaxCrossEntropy", "loss", {"last", "labels"}, {"loss"}}};
  const sw::MatchedModel model = sw::matched_model(sw::checked(std::move(graph)));
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  Job job;
  job.layers = model.layers;
  job.tensors = model.tensors;
  job.activations = model.activations;
  job.train_launches = sw::train_launches(model, false, static_cast<int>(model.layers.size()));
  job.batch = static_cast<int>(batch);
  job.optimizer.kind = OptimizerKind::sgd;
  job.schedule.rate = rate;
  job.stages = {{true, static_cast<std::int64_t>(steps)}};
  TrainingState initial = initial_state(job);
  const auto drawn = sw::initial_weights(job.layers, 3);
  for (std::size_t layer = 0; layer < drawn.size(); ++layer) drawn[layer].put_into(initial.layers[layer]);
  const auto all = [&](const TrainingState& state) {
    const auto tensor = [&](const std::string& layer, std::size_t index) {
      for (const LayerState& one : state.layers)
        if (one.layer == layer)
          return std::vector<double>(one.tensors[index].values.begin(), one.tensors[index].values.end());
      FAIL("no layer " << layer);
      return std::vector<double>();
    };
    return Parameters{tensor("with", 0), tensor("with", 1), tensor("without", 0), tensor("last", 0), tensor("last", 1)};
  };
  Samples source(job);
  Losses losses;
  RunToEnd control;
  proto::NullRecorder recorder;
  ThreadPool pool(1);
  LaunchMemo memo;
  const SystemPlan shared{&job, &machine, mapping, cut, &memo, [](bool, int) { return Cycle{0}; }, &pool};
  Cluster cluster("cluster", shared, initial, source, control, losses, recorder);
  cluster.run();
  Parameters now = all(initial);
  const Parameters before = now, found = all(cluster.memoryx().state());
  double worst = 0, moved = 0, worst_loss = 0;
  REQUIRE(losses.of_steps.size() == steps);
  for (std::size_t step = 0; step < steps; ++step)
    worst_loss = std::max(worst_loss, std::fabs(reference_step(step, now) - losses.of_steps[step]));
  for (const auto member : members)
    for (std::size_t at = 0; at < (now.*member).size(); ++at) {
      worst = std::max(worst, std::fabs((now.*member)[at] - (found.*member)[at]));
      moved = std::max(moved, std::fabs((now.*member)[at] - (before.*member)[at]));
    }
  std::printf("moved by %.3f; worst difference %.5f, of a loss %.5f\n", moved, worst, worst_loss);
  CHECK(worst < 0.001);
  CHECK(worst_loss < 0.001);
  CHECK(moved > 0.05);
}

}  // namespace

TEST_CASE("one activation, layers with and without bias") { compare({{6, 4}, 1}, {}); }
TEST_CASE("one activation, layers with and without bias, two lanes of cut regions") { compare({{5, 3}, 2}, {2, 2}); }
