// Question: do a norm's gain and shift train over the whole cluster as plain double-precision arithmetic does: down as
// a stream, into every PE, and back as the sums that a line kernel leaves at the east edge?
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdio>
#include <map>
#include <optional>

#include "hw/cluster/cluster.h"
#include "hw/spec/machine_file.h"
#include "sw/check/program_check.h"
#include "sw/compiler/matched_model.h"
#include "sw/graph/initial_weights.h"
#include "sw/kernels/launch_runner.h"
#include "tests/support/fp16.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

namespace {

constexpr std::size_t inputs = 11, features = 13, classes = 5, batch = 24, steps = 5;
constexpr double rate = 0.5, epsilon = 1e-3;

std::size_t label_of(std::size_t index) { return index * index % 7 % classes; }
double sample_of(std::size_t index, std::size_t input) {
  const double noise = std::sin(1.0 + 7.0 * static_cast<double>(index) + 3.0 * static_cast<double>(input * input));
  return half_to_float(float_to_half(static_cast<float>(noise + (input % classes == label_of(index) ? 1.0 : 0.0))));
}

class Samples final : public SampleSource {
 public:
  explicit Samples(const Job& job) : job_(job) {}
  int features() const override { return static_cast<int>(inputs); }
  void fill(int, std::int64_t step, int system, int, std::uint16_t* samples, std::int32_t* labels) override {
    for (int token = 0; token < job_.tokens(); ++token) {
      const auto index = static_cast<std::size_t>(step * job_.batch + system * job_.tokens_per_system() + token);
      labels[token] = static_cast<std::int32_t>(label_of(index));
      for (std::size_t input = 0; input < inputs; ++input)
        *samples++ = float_to_half(static_cast<float>(sample_of(index, input)));
    }
  }

 private:
  const Job& job_;
};

struct Seen final : RunObserver {
  void on_step(const StepResult& result) override {
    losses.push_back(result.loss_sum / static_cast<double>(batch));
    ends.push_back(result.at);
  }
  void on_checkpoint(const TrainingState&, Picosecond) override {}
  std::vector<double> losses;
  std::vector<Picosecond> ends;
};

/// Linear without bias, a norm, Linear: rows of `first` and `last` by output.
struct Parameters {
  std::vector<double> first, gain, shift, last, bias;
};

/// Mean loss of the step before its update.
double reference_step(std::size_t step, bool centred, Parameters& now) {
  Parameters g{std::vector<double>(now.first.size()), std::vector<double>(features), std::vector<double>(features),
               std::vector<double>(now.last.size()), std::vector<double>(classes)};
  double loss = 0;
  for (std::size_t index = step * batch; index < (step + 1) * batch; ++index) {
    std::vector<double> x(features, 0.0), normal(features), out(features), logits(now.bias), back(features, 0.0);
    double mean = 0, square = 0, sum = 0, mean_back = 0, mean_product = 0;
    for (std::size_t f = 0; f < features; ++f)
      for (std::size_t i = 0; i < inputs; ++i) x[f] += now.first[f * inputs + i] * sample_of(index, i);
    for (const double value : x) mean += centred ? value / features : 0;
    for (const double value : x) square += (value - mean) * (value - mean) / features;
    const double root = 1 / std::sqrt(square + epsilon);
    for (std::size_t f = 0; f < features; ++f) {
      normal[f] = (x[f] - mean) * root;
      out[f] = now.gain[f] * normal[f] + (centred ? now.shift[f] : 0);
    }
    for (std::size_t c = 0; c < classes; ++c) {
      for (std::size_t f = 0; f < features; ++f) logits[c] += now.last[c * features + f] * out[f];
      sum += std::exp(logits[c]);
    }
    loss += (std::log(sum) - logits[label_of(index)]) / batch;
    for (std::size_t c = 0; c < classes; ++c) {
      const double delta = (std::exp(logits[c]) / sum - (c == label_of(index) ? 1 : 0)) / batch;
      g.bias[c] += delta;
      for (std::size_t f = 0; f < features; ++f) {
        g.last[c * features + f] += delta * out[f];
        back[f] += delta * now.last[c * features + f];
      }
    }
    for (std::size_t f = 0; f < features; ++f) {
      g.gain[f] += back[f] * normal[f];
      g.shift[f] += back[f];
      back[f] *= now.gain[f];
      mean_back += centred ? back[f] / features : 0;
      mean_product += back[f] * normal[f] / features;
    }
    for (std::size_t f = 0; f < features; ++f)
      for (std::size_t i = 0; i < inputs; ++i)
        g.first[f * inputs + i] += root * (back[f] - mean_back - normal[f] * mean_product) * sample_of(index, i);
  }
  for (auto member : {&Parameters::first, &Parameters::gain, &Parameters::shift, &Parameters::last, &Parameters::bias})
    for (std::size_t at = 0; at < (now.*member).size(); ++at) (now.*member)[at] -= rate * (g.*member)[at];
  return loss;
}

sw::MatchedModel model_of(bool centred) {
  sw::OperationGraph graph{{{"samples", static_cast<int>(inputs)}, {"labels", 1}}, {}, {"loss"}};
  graph.operations = {{"Linear", "fc1", {"samples"}, {"fc1"}, {{"features", features}, {"bias", 0}}},
                      {centred ? "LayerNorm" : "RMSNorm", "norm", {"fc1"}, {"norm"}, {{"epsilon", epsilon}}},
                      {"Linear", "fc2", {"norm"}, {"fc2"}, {{"features", classes}}},
                      {"SoftmaxCrossEntropy", "loss", {"fc2", "labels"}, {"loss"}}};
  return sw::matched_model(sw::checked(std::move(graph)));
}

/// Gains around 1, shifts around 0.
TrainingState start(const Job& job) {
  TrainingState state = initial_state(job);
  const auto parameters = sw::initial_weights(job.layers, 3);
  for (std::size_t layer = 0; layer < parameters.size(); ++layer) parameters[layer].put_into(state.layers[layer]);
  CHECK(state.layers[1].tensors[0].values == std::vector<float>(features, 1.0F));
  if (state.layers[1].tensors.size() > 1)
    CHECK(state.layers[1].tensors[1].values == std::vector<float>(features, 0.0F));
  for (StateTensor& tensor : state.layers[1].tensors)
    for (std::size_t f = 0; f < features; ++f)
      tensor.values[f] += round_to_half(0.3F * std::sin(1.0F + 2.0F * static_cast<float>(f)));
  return state;
}

/// Runs each launch as PE programs too, which must end in the cycle of the recurrences.
class Programs final : public LaunchPrograms {
 public:
  explicit Programs(MachineSpec machine) : machine_(std::move(machine)) {}
  Cycle run(const ProgramLaunch& launch) override {
    INFO(launch.name);
    const Cycle end = runner_.run(launch);
    CHECK(end == launch.end);
    ++runs[launch.kind];
    return end;
  }
  std::map<KernelKind, int> runs;

 private:
  MachineSpec machine_;
  sw::LaunchRunner runner_{machine_, {}, {}};
};

struct Way {
  int systems = 1;
  WaferCut cut;
  bool centred = true, fast_forward = true, timing_only = false, programs = false;
};

/// A cluster that trains; several stand side by side in one simulation, and are made before the first one runs.
class Training {
 public:
  explicit Training(const Mapping& mapping, const Way& way = {})
      : programs(machine_of(mapping)), way(way), machine_(machine_of(mapping)) {
    const sw::MatchedModel model = model_of(way.centred);
    job_.layers = model.layers;
    job_.tensors = model.tensors;
    job_.activations = model.activations;
    job_.train_launches = sw::train_launches(model, false, static_cast<int>(model.layers.size()));
    job_.batch = static_cast<int>(batch);
    job_.systems = way.systems;
    job_.optimizer.kind = OptimizerKind::sgd;
    job_.schedule.rate = rate;
    job_.stages = {{true, static_cast<std::int64_t>(steps)}};
    job_.timing_only = way.timing_only;
    initial = start(job_);
    SystemPlan shared{
        &job_, &machine_, mapping, way.cut, way.fast_forward ? &memo_ : nullptr, [](bool, int) { return Cycle{0}; },
        &pool_};
    if (way.programs)
      shared.watch = [this](int system) { return std::make_unique<sw::ProgramCheck>(programs, job_, system); };
    static int number = 0;
    cluster_.emplace(("norm" + std::to_string(number++)).c_str(), shared, initial, source_, control_, seen_, recorder_);
  }

  void run() {
    cluster_->run();
    state = cluster_->memoryx().state();
    losses = seen_.losses;
    ends = seen_.ends;
    const int runs = way.programs ? way.systems * static_cast<int>(steps) : 0;
    for (const KernelKind kind : {KernelKind::load_vectors, KernelKind::layer_norm_gradient})
      CHECK(programs.runs[kind] == runs);
  }

  TrainingState initial, state;
  std::vector<double> losses;
  std::vector<Picosecond> ends;
  Programs programs;
  const Way way;

 private:
  static MachineSpec machine_of(const Mapping& mapping) {
    MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
    machine.memoryx.chunk_bytes = 4 * features;  // a round each
    if (mapping.lanes > 1) machine.io.rows_per_channel = 1;
    return machine;
  }

  MachineSpec machine_;
  Job job_;
  Samples source_{job_};
  Seen seen_;
  RunToEnd control_;
  proto::NullRecorder recorder_;
  ThreadPool pool_{1};
  LaunchMemo memo_;
  std::optional<Cluster> cluster_;
};

void compare(Training& training) {
  training.run();
  const bool centred = training.way.centred;
  const auto numbers = [](const TrainingState& state, std::size_t layer, std::size_t tensor) {
    const std::vector<float>& values = state.layers[layer].tensors[tensor].values;
    return std::vector<double>(values.begin(), values.end());
  };
  const auto all = [&](const TrainingState& state) {
    const std::vector<double> shift = centred ? numbers(state, 1, 1) : std::vector<double>(features, 0.0);
    return Parameters{numbers(state, 0, 0), numbers(state, 1, 0), shift, numbers(state, 2, 0), numbers(state, 2, 1)};
  };
  const auto farthest = [](const std::vector<double>& a, const std::vector<double>& b) {
    double worst = 0;
    REQUIRE(a.size() == b.size());
    for (std::size_t at = 0; at < a.size(); ++at) worst = std::max(worst, std::fabs(a[at] - b[at]));
    return worst;
  };
  const Parameters before = all(training.initial), found = all(training.state);
  Parameters now = before;
  REQUIRE(training.losses.size() == steps);
  std::vector<double> losses;
  for (std::size_t step = 0; step < steps; ++step) losses.push_back(reference_step(step, centred, now));
  if (!centred) now.shift = before.shift;
  const double worst = std::max({farthest(found.first, now.first), farthest(found.gain, now.gain),
                                 farthest(found.shift, now.shift), farthest(found.last, now.last)}),
               moved_gain = farthest(before.gain, now.gain), moved_shift = farthest(before.shift, now.shift),
               worst_loss = farthest(losses, training.losses);
  std::printf("loss %.3f to %.3f, gain moved by %.3f, shift by %.3f; worst difference %.5f, of a loss %.5f\n",
              losses.front(), losses.back(), moved_gain, moved_shift, worst, worst_loss);
  CHECK(worst_loss < 0.003);
  CHECK(worst < 0.002);
  CHECK(moved_gain > 0.05);
  CHECK((moved_shift > 0.05 || !centred));
  CHECK(training.state.layers[1].updates == static_cast<std::int64_t>(steps));
}

}  // namespace

TEST_CASE("gain and shift: one lane, two lanes, two systems, more rows than features") {
  Training one({{6, 4}, 1}), lanes({{5, 3}, 2}), systems({{6, 4}, 1}, {2}), tall({{4, 17}, 1});
  for (Training* training : {&one, &lanes, &systems, &tall}) compare(*training);
}

TEST_CASE("a gain alone, a wafer that is cut into regions, features over columns") {
  Training rms({{6, 4}, 1}, {1, {}, false}), cut({{6, 4}, 1}, {1, {2, 3}}), turned({{5, 4}, 1, FeatureAxis::columns});
  for (Training* training : {&rms, &cut, &turned}) compare(*training);
}

TEST_CASE("a run without fast-forward, one that only times, one of a cut wafer: the same cycles") {
  Training usual({{6, 4}, 2}, {2}), all({{6, 4}, 2}, {2, {}, true, false}),
      times({{6, 4}, 2}, {2, {}, true, true, true}), cut({{6, 4}, 2}, {2, {2, 2}});
  for (Training* training : {&usual, &all, &times, &cut}) training->run();
  CHECK(usual.ends.size() == steps);
  for (const Training* other : {&all, &times, &cut}) CHECK(other->ends == usual.ends);
  for (const Training* other : {&all, &cut}) {
    CHECK(other->losses == usual.losses);
    CHECK(other->state.layers[1].tensors[0].values == usual.state.layers[1].tensors[0].values);
  }
}

TEST_CASE("the launches as PE programs: the same bits, the same cycles") {
  Training usual({{6, 4}, 1}), programs({{6, 4}, 1}, {1, {}, true, false, false, true});
  usual.run();
  programs.run();
  CHECK(programs.ends == usual.ends);
  CHECK(programs.losses == usual.losses);
}
