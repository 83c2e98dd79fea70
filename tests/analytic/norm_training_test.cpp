// Question: do a norm's gain and shift train over the whole cluster as plain double-precision arithmetic does: down as
// a stream, into every PE, and back as the sums that a line kernel leaves at the east edge? Line kernels work in place,
// so in step k this norm reads what it wrote in step k - 1, the same for every token.
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdio>
#include <map>
#include <optional>

#include "hw/cluster/cluster.h"
#include "hw/spec/machine_file.h"
#include "sw/check/program_check.h"
#include "sw/graph/initial_weights.h"
#include "sw/kernels/launch_runner.h"
#include "tests/support/paths.h"
#include "tlm/base/fp16.h"

using namespace weft;
using namespace weft::hw;

namespace {

constexpr int features = 13, classes = 5, batch = 24, steps = 5;
constexpr double rate = 0.5;

int label_of(std::int64_t index) { return static_cast<int>(index * index % 7 % classes); }

class Labels final : public SampleSource {
 public:
  explicit Labels(const Job& job) : job_(job) {}
  int features() const override { return ::features; }
  void fill(int, std::int64_t step, int system, int, std::uint16_t* samples, std::int32_t* labels) override {
    std::fill_n(samples, job_.tokens() * ::features, std::uint16_t{0});
    for (int token = 0; token < job_.tokens(); ++token)
      labels[token] = label_of(step * batch + system * job_.samples_per_system() + token);
  }

 private:
  const Job& job_;
};

struct Seen final : RunObserver {
  void on_step(const StepResult& result) override {
    losses.push_back(result.loss_sum / batch);
    ends.push_back(result.at);
  }
  void on_checkpoint(const TrainingState&, Picosecond) override {}
  std::vector<double> losses;
  std::vector<Picosecond> ends;
};

struct Parameters {
  std::vector<double> gain, shift, weight, bias;
};

/// Mean loss of the step, before its update; `x`: what the norm wrote in the step before, then in this one.
double reference_step(int step, std::vector<double>& x, Parameters& now) {
  double mean = 0, square = 0;
  for (const double value : x) mean += value / features;
  for (const double value : x) square += (value - mean) * (value - mean) / features;
  std::vector<double> normal(features), out(features), logits(now.bias), deltas(classes, 0.0), back(features, 0.0);
  for (std::size_t f = 0; f < features; ++f) {
    normal[f] = (x[f] - mean) / std::sqrt(square + 1e-5);
    out[f] = now.gain[f] * normal[f] + now.shift[f];
  }
  double sum = 0, loss = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t f = 0; f < features; ++f) logits[c] += now.weight[c * features + f] * out[f];
    sum += std::exp(logits[c]);
  }
  for (int sample = 0; sample < batch; ++sample) {
    const auto label = static_cast<std::size_t>(label_of(step * batch + sample));
    loss += (std::log(sum) - logits[label]) / batch;
    for (std::size_t c = 0; c < classes; ++c) deltas[c] += (std::exp(logits[c]) / sum - (c == label ? 1 : 0)) / batch;
  }
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t f = 0; f < features; ++f) back[f] += now.weight[c * features + f] * deltas[c];
    for (std::size_t f = 0; f < features; ++f) now.weight[c * features + f] -= rate * deltas[c] * out[f];
    now.bias[c] -= rate * deltas[c];
  }
  for (std::size_t f = 0; f < features; ++f) {
    now.gain[f] -= rate * back[f] * normal[f];
    now.shift[f] -= rate * back[f];
  }
  x = out;
  return loss;
}

std::vector<MatrixLayer> layers() {
  std::vector<MatrixLayer> layers{{"ln", features, 2, "", 0}, {"fc", features, classes, "", 0}};
  layers[0].bias = false;
  layers[0].kind = LayerKind::norm;
  layers[0].keeps_preactivation = true;
  return layers;
}

/// Gains around 1, shifts around 0.
TrainingState start() {
  Job job;
  job.layers = layers();
  TrainingState state = initial_state(job);
  const auto parameters = sw::initial_weights(job.layers, 3);
  for (std::size_t layer = 0; layer < parameters.size(); ++layer) parameters[layer].put_into(state.layers[layer]);
  CHECK(state.layers[0].tensors[0].values == std::vector<float>(features, 1.0F));
  CHECK(state.layers[0].tensors[1].values == std::vector<float>(features, 0.0F));
  for (StateTensor& tensor : state.layers[0].tensors)
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
  bool fast_forward = true, timing_only = false, programs = false;
};

/// A cluster that trains; several stand side by side in one simulation, and are made before the first one runs.
class Training {
 public:
  explicit Training(const Mapping& mapping, const Way& way = {}) : programs(machine_of(mapping)), way_(way) {
    using K = KernelKind;
    machine_ = machine_of(mapping);
    job_.layers = layers();
    job_.batch = batch;
    job_.systems = way.systems;
    job_.optimizer.kind = OptimizerKind::sgd;
    job_.schedule.rate = rate;
    job_.stages = {{true, steps}};
    job_.timing_only = way.timing_only;
    job_.train_launches = {{K::load_input, 0},     {K::load_vectors, 0},        {K::layer_norm, 0},
                           {K::matmul_forward, 1}, {K::softmax_loss, 1},        {K::matmul_gradient, 1},
                           {K::matmul_delta, 1},   {K::layer_norm_gradient, 0}, {K::layer_norm_backward, 0}};
    SystemPlan shared{
        &job_, &machine_, mapping, way.cut, way.fast_forward ? &memo_ : nullptr, [](bool, int) { return Cycle{0}; },
        &pool_};
    if (way.programs)
      shared.watch = [this](int system) { return std::make_unique<sw::ProgramCheck>(programs, job_, system); };
    static int number = 0;
    cluster_.emplace(("norm" + std::to_string(number++)).c_str(), shared, start(), source_, control_, seen_, recorder_);
  }

  void run() {
    cluster_->run();
    state = cluster_->memoryx().state();
    losses = seen_.losses;
    ends = seen_.ends;
    for (const Launch& launch : job_.train_launches)
      CHECK(programs.runs[launch.kind] == (way_.programs ? way_.systems * steps : 0));
  }

  TrainingState state;
  std::vector<double> losses;
  std::vector<Picosecond> ends;
  Programs programs;

 private:
  static MachineSpec machine_of(const Mapping& mapping) {
    MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
    machine.memoryx.chunk_bytes = 4 * features;  // a round each
    if (mapping.lanes > 1) machine.io.rows_per_channel = 1;
    return machine;
  }

  Way way_;
  MachineSpec machine_;
  Job job_;
  Labels source_{job_};
  Seen seen_;
  RunToEnd control_;
  proto::NullRecorder recorder_;
  ThreadPool pool_{1};
  LaunchMemo memo_;
  std::optional<Cluster> cluster_;
};

void compare(Training& training) {
  training.run();
  const TrainingState initial = start();
  const auto tensor = [&](std::size_t layer, std::size_t index) {
    const std::vector<float>& values = initial.layers[layer].tensors[index].values;
    return std::vector<double>(values.begin(), values.end());
  };
  Parameters now{tensor(0, 0), tensor(0, 1), tensor(1, 0), tensor(1, 1)};
  const Parameters before = now;
  std::vector<double> x(features, 0.0);
  double worst_loss = 0, worst = 0, moved_gain = 0, moved_shift = 0;
  REQUIRE(training.losses.size() == steps);
  for (int step = 0; step < steps; ++step)
    worst_loss =
        std::max(worst_loss, std::fabs(reference_step(step, x, now) - training.losses[static_cast<std::size_t>(step)]));
  const auto& trained = training.state.layers[0].tensors;
  REQUIRE(trained.size() == 2);
  for (std::size_t f = 0; f < features; ++f) {
    worst = std::max(
        {worst, std::fabs(trained[0].values[f] - now.gain[f]), std::fabs(trained[1].values[f] - now.shift[f])});
    moved_gain = std::max(moved_gain, std::fabs(now.gain[f] - before.gain[f]));
    moved_shift = std::max(moved_shift, std::fabs(now.shift[f] - before.shift[f]));
  }
  std::printf("gain moved by %.3f, shift by %.3f; worst difference %.5f, of a loss %.5f\n", moved_gain, moved_shift,
              worst, worst_loss);
  CHECK(worst_loss < 0.003);
  CHECK(worst < 0.002);
  CHECK(moved_gain > 0.02);
  CHECK(moved_shift > 0.02);
  CHECK(training.state.layers[0].updates == steps);
}

}  // namespace

TEST_CASE("gain and shift: one lane, two lanes, two systems, more rows than features") {
  Training one({{6, 4}, 1}), lanes({{5, 3}, 2}), systems({{6, 4}, 1}, {2}), tall({{4, 17}, 1});
  for (Training* training : {&one, &lanes, &systems, &tall}) compare(*training);
}

TEST_CASE("gain and shift: a wafer that is cut into regions, features over columns") {
  Training cut({{6, 4}, 1}, {1, {2, 3}}), turned({{5, 4}, 1, FeatureAxis::columns});
  for (Training* training : {&cut, &turned}) compare(*training);
}

TEST_CASE("a run without fast-forward, one that only times, one of a cut wafer: the same cycles") {
  Training usual({{6, 4}, 2}, {2}), all({{6, 4}, 2}, {2, {}, false}), times({{6, 4}, 2}, {2, {}, true, true}),
      cut({{6, 4}, 2}, {2, {2, 2}});
  for (Training* training : {&usual, &all, &times, &cut}) training->run();
  CHECK(usual.ends.size() == steps);
  for (const Training* other : {&all, &times, &cut}) CHECK(other->ends == usual.ends);
  for (const Training* other : {&all, &cut}) {
    CHECK(other->losses == usual.losses);
    CHECK(other->state.layers[0].tensors[0].values == usual.state.layers[0].tensors[0].values);
  }
}

TEST_CASE("the launches as PE programs: the same bits, the same cycles") {
  Training usual({{6, 4}, 1}), programs({{6, 4}, 1}, {1, {}, false, false, true});
  usual.run();
  programs.run();
  CHECK(programs.ends == usual.ends);
  CHECK(programs.losses == usual.losses);
}
