// A training of fully connected layers on noise, whole cluster: how long from the start of the process to the first
// simulated cycle, how long for the steps, how much memory.
#include <fmt/format.h>

#include <sstream>

#include "hw/cluster/cluster.h"
#include "hw/spec/machine_file.h"
#include "sw/compiler/planner.h"
#include "sw/graph/initial_weights.h"
#include "tests/bench/child_process.h"
#include "tests/support/fp16.h"
#include "tests/support/layer_chain.h"
#include "tests/support/paths.h"

namespace weft::bench {

namespace {

class Noise final : public hw::SampleSource {
 public:
  Noise(const hw::Job& job, int features, int classes) : job_(job), features_(features), classes_(classes) {}
  int features() const override { return features_; }
  void fill(int, std::int64_t step, int system, int, std::uint16_t* samples, std::int32_t* labels) override {
    std::uint32_t state = static_cast<std::uint32_t>(step * 977 + system * 13 + 1);
    for (int token = 0; token < job_.tokens(); ++token) {
      labels[token] = token % classes_;
      for (int feature = 0; feature < features_; ++feature) {
        state = state * 1664525U + 1013904223U;
        *samples++ = float_to_half(static_cast<float>(state >> 8) / 16777216.0F - 0.5F);
      }
    }
  }

 private:
  const hw::Job& job_;
  int features_, classes_;
};

class Silence final : public hw::RunObserver {
 public:
  void on_step(const hw::StepResult&) override {}
  void on_checkpoint(const hw::TrainingState&, Picosecond) override {}
};

class FirstCycle : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(FirstCycle);
  FirstCycle(const sc_core::sc_module_name& name, const sc_core::sc_time& cycle) : sc_module(name) {
    SC_METHOD(reach);
    sensitive << reached_;
    dont_initialize();
    reached_.notify(cycle);
  }
  double seconds = 0;
  std::int64_t bytes = 0;

 private:
  void reach() {
    seconds = seconds_since_start();
    bytes = peak_bytes();
  }
  sc_core::sc_event reached_;
};

std::vector<int> widths_of(const std::string& text) {
  std::vector<int> widths;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ',');) widths.push_back(std::stoi(word));
  return widths;
}

hw::Job job_of(const std::vector<int>& widths, int batch, int systems, int steps) {
  hw::Job job;
  for (std::size_t index = 0; index + 1 < widths.size(); ++index)
    job.layers.push_back(
        {fmt::format("fc{}", index + 1), widths[index], widths[index + 1], index + 2 < widths.size() ? "ReLU" : "", 0});
  weft::test::place_tensors(job);
  job.batch = batch;
  job.systems = systems;
  job.final_checkpoint = false;
  job.stages = {{true, steps}};
  return job;
}

}  // namespace

/// Arguments: machine, widths "784,500,10", batch, systems, steps, fast-forward 0 or 1, and "whole" to take the whole
/// user rectangle in place of the planner's.
nlohmann::json measure_cluster(const std::vector<std::string>& arguments) {
  const hw::MachineSpec machine = hw::load_machine(arguments.at(0), weft::test::source_path("hw/machines"));
  const std::vector<int> widths = widths_of(arguments.at(1));
  hw::Job job = job_of(widths, std::stoi(arguments.at(2)), std::stoi(arguments.at(3)), std::stoi(arguments.at(4)));
  const sw::Plan plan =
      sw::make_plan(weft::test::layer_chain(job.layers), machine, job.batch, job.systems, sw::RetainOutput::no);
  const bool whole = arguments.size() > 6 && arguments[6] == "whole";
  const hw::Mapping mapping =
      whole ? hw::Mapping{{machine.fabric.user_width, machine.fabric.user_height}} : plan.mapping;
  job.micro_batches = plan.micro_batches;
  for (const sw::PlannedLaunch& planned : plan.train) job.train_launches.push_back(planned.launch);
  hw::TrainingState initial = hw::initial_state(job);
  const auto parameters = sw::initial_weights(job.layers, 1);
  for (std::size_t index = 0; index < job.layers.size(); ++index) {
    initial.layers[index].tensors[0].values = parameters[index].weight;
    initial.layers[index].tensors[1].values = parameters[index].bias;
  }
  Noise source(job, widths.front(), widths.back());
  Silence observer;
  hw::RunToEnd control;
  proto::NullRecorder recorder;
  ThreadPool pool(1);
  hw::LaunchMemo memo;
  const bool fast_forward = arguments.at(5) == "1";
  const hw::SystemPlan shared{
      &job, &machine, mapping, {1, 1}, fast_forward ? &memo : nullptr, [](bool, int) { return Cycle{0}; }, &pool};
  hw::Cluster cluster("cluster", shared, initial, source, control, observer, recorder);
  FirstCycle first("first", sc_core::sc_time(machine.clock.seconds(1), sc_core::SC_SEC));
  const double began = processor_seconds();
  cluster.run();
  const double ran = processor_seconds() - began;
  return {{"width", mapping.lane.width},
          {"height", mapping.lane.height},
          {"first_cycle_seconds", first.seconds},
          {"first_cycle_bytes", first.bytes},
          {"run_seconds", ran},
          {"peak_bytes", peak_bytes()},
          {"cycles", cluster.system(0).books().free_at().since()}};
}

}  // namespace weft::bench
