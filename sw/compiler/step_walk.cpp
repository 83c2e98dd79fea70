#include "sw/compiler/step_walk.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

#include "hw/fabric/local_times.h"
#include "hw/fabric/mapping.h"
#include "sw/compiler/network_walk.h"
#include "sw/compiler/prediction.h"
#include "tlm/base/clock_crossing.h"

namespace weft::sw {

namespace {

constexpr int most_steps = 8;          // the first half starts with everything empty and does not count
constexpr double groups_in_all = 1e6;  // some tenths of a second
constexpr int least_groups = 16;       // of a launch

/// A batch is made, sent and taken; so many are on the way.
class SampleWay {
 public:
  SampleWay(const hw::MachineSpec& machine, int samples, int tokens, int features)
      : link_(machine.input.link_gbps, machine.input.link_latency_ps),
        production_(static_cast<Picosecond>(
            std::ceil(samples * 1e12 / (machine.input.workers_per_system * machine.input.samples_per_s)))),
        bytes_(Bytes{tokens} * (2 * Bytes{features} + 4)),
        taken_(static_cast<std::size_t>(machine.input.prefetch_batches), 0) {}
  /// When the next one is at the system's interface.
  Picosecond next() {
    made_ = std::max(made_, taken_.front()) + production_;
    return link_.send(made_, bytes_);
  }
  void taken(Picosecond at) {
    taken_.pop_front();
    taken_.push_back(at);
  }

 private:
  proto::Link link_;
  Picosecond production_, made_ = 0;
  Bytes bytes_;
  std::deque<Picosecond> taken_;
};

class Walk {
 public:
  Walk(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
       const Surroundings& around)
      : plan_(plan),
        layers_(layers),
        machine_(machine),
        layout_(machine, plan.mapping),
        job_(planned_job(plan, layers, around)),
        network_(job_, machine),
        samples_(machine, plan.samples(), plan.tokens, hw::sample_form(layers).features),
        gap_(static_cast<double>(launch_gap(machine, plan.mapping))),
        lane_sum_(static_cast<double>((plan.mapping.lanes - 1) * machine.io.lane_sum_cycles)) {
    plan_streams();
  }

  StepWalk run() {
    double before = 0;
    StepWalk walk;
    const int steps = std::clamp(static_cast<int>(groups_in_all / groups_of_step_), 2, most_steps);
    for (int step = 0; step < steps; ++step) {
      if (step == steps / 2) before = free_;
      network_.begin_step();
      walk.launches.assign(plan_.train.size(), {});
      for (int micro_batch = 0; micro_batch < plan_.micro_batches; ++micro_batch)
        for (std::size_t index = 0; index < plan_.train.size(); ++index)
          walk.launches[index] = launch(index, micro_batch);
    }
    walk.period = std::llround((free_ - before) / (steps - steps / 2));
    return walk;
  }

 private:
  struct Stream {
    LaunchPace pace;
    std::vector<ChunkGroup> in, out;  ///< of the same rounds where it has both
    bool last = false;                ///< of the layer's streams of weights in a step
  };

  void plan_streams() {
    const double launches = static_cast<double>(plan_.train.size()) * plan_.micro_batches;
    const int most = std::max(least_groups, static_cast<int>(groups_in_all / launches / most_steps));
    std::vector<std::size_t> last(layers_.size(), plan_.train.size());
    for (std::size_t index = 0; index < plan_.train.size(); ++index) {
      const hw::Launch& launch = plan_.train[index].launch;
      const hw::MatrixLayer& layer = layers_[static_cast<std::size_t>(launch.layer)];
      const int owner = job_.owner(launch.layer);
      Stream& stream = streams_.emplace_back();
      if (!hw::kernel_of(launch.kind).at_edge()) {
        if (hw::produces_gradient(launch.kind)) expect_gradient(index, most);
        continue;
      }
      if (const auto alike = like(index); alike < index)
        stream.pace = streams_[alike].pace;
      else
        stream.pace = launch_pace(machine_, layers_, launch, plan_.mapping, plan_.tokens);
      const Bytes chunk_bytes = machine_.memoryx.chunk_bytes;
      if (hw::produces_gradient(launch.kind)) {
        expect_gradient(index, most);
        if (hw::consumes_indices(layer, launch.kind))
          stream.in = network_.groups(owner, hw::index_shape(layer, chunk_bytes, job_.gradient_wire), most);
      } else if (hw::consumes_weights(launch.kind)) {
        stream.in = network_.groups(owner, hw::stream_shape(layer, launch.kind, chunk_bytes, job_.gradient_wire), most);
        last[static_cast<std::size_t>(owner)] = index;
      }
    }
    for (const Stream& stream : streams_)
      groups_of_step_ += plan_.micro_batches * static_cast<double>(std::max(stream.in.size(), stream.out.size()));
    for (const std::size_t index : last)
      if (index < streams_.size()) streams_[index].last = true;
  }

  void expect_gradient(std::size_t index, int most) {
    const int layer = job_.owner(plan_.train[index].launch.layer);
    const hw::StreamShape shape =
        hw::gradient_shape(layers_[static_cast<std::size_t>(layer)], machine_.memoryx.chunk_bytes, job_.gradient_wire);
    streams_[index].out = network_.groups(layer, shape, most);
    network_.expect(layer, static_cast<int>(streams_[index].out.size()));
  }

  /// The first launch of the same kind on a layer of the same shape.
  std::size_t like(std::size_t index) const {
    const hw::Launch& launch = plan_.train[index].launch;
    const hw::MatrixLayer& layer = layers_[static_cast<std::size_t>(launch.layer)];
    std::size_t other = 0;
    for (; other < index; ++other) {
      const hw::MatrixLayer& others = layers_[static_cast<std::size_t>(plan_.train[other].launch.layer)];
      if (plan_.train[other].launch.kind == launch.kind && others.inputs == layer.inputs &&
          others.outputs == layer.outputs && others.bias == layer.bias && others.sparsity == layer.sparsity)
        break;
    }
    return other;
  }

  double at_edge(Picosecond at) const {
    return static_cast<double>(to_cycles(machine_.clock, at + machine_.io.latency_ps));
  }
  Picosecond from_edge(double cycle) const {
    return to_ps(machine_.clock, static_cast<Cycle>(std::ceil(cycle))) + machine_.io.latency_ps;
  }

  WalkedLaunch launch(std::size_t index, int micro_batch) {
    const hw::Kernel& kernel = hw::kernel_of(plan_.train[index].launch.kind);
    const double start = free_ + gap_;
    if (kernel.form == hw::KernelForm::load) return load(plan_.train[index].launch.kind, start);
    if (kernel.at_edge()) return stream(index, micro_batch, start);
    const double end = start + static_cast<double>(plan_.train[index].predicted);
    for (const ChunkGroup& group : streams_[index].out) network_.gradient(group, from_edge(end + lane_sum_));
    return ended(start, end, false);
  }

  WalkedLaunch ended(double start, double end, bool waits) {
    free_ = end;
    return {std::llround(end - start), waits};
  }

  WalkedLaunch load(hw::KernelKind kind, double start) {
    const hw::Mapping& mapping = plan_.mapping;
    const hw::LoadShape shape = hw::load_shape(kind, layers_);
    const double there = at_edge(samples_.next());
    const int rows = shape.rows(mapping.lane.height);
    const LaunchCycle ready =
        samples_ready(machine_, layout_, rows, mapping.lanes, LaunchCycle(std::llround(there - start)));
    auto [known, is_new] = loads_.try_emplace(ready, 0);
    if (is_new)
      known->second =
          hw::load_times(machine_, layout_, shape, mapping.lane, mapping.lane_tokens(plan_.tokens, 0), ready)
              .end.since();
    const double end = start + static_cast<double>(known->second);
    samples_.taken(from_edge(end));
    return ended(start, end, there > start);
  }

  WalkedLaunch stream(std::size_t index, int micro_batch, double start) {
    const Stream& of = streams_[index];
    const hw::Launch& launch = plan_.train[index].launch;
    const LaunchPace& pace = of.pace;
    const double round = pace.round();
    // The wafer has done the rounds so far; the edge has handed on their words; the channels out their sums.
    double done = start, left = start, drained = 0;
    bool waits = false;
    if (!of.in.empty()) network_.open(job_.owner(launch.layer));
    if (!of.out.empty()) out_free_ = std::max(out_free_, start + round + pace.after);  // the first round's sums
    const std::size_t groups = std::max(of.in.size(), of.out.size());
    for (std::size_t group = 0; group < groups; ++group) {
      const int rounds = of.in.empty() ? of.out[group].rounds : of.in[group].rounds;
      done += rounds * round;
      if (!of.in.empty()) {
        const double there = at_edge(network_.send(of.in[group], launch.kind));
        waits |= there > left;
        in_free_ = std::max(in_free_, there) + rounds * pace.words_in;
        done = std::max(done, in_free_ + round);
      }
      if (!of.out.empty()) {
        const double passed = std::max(out_free_ + rounds * pace.words_out, done + pace.after + pace.words_out);
        done = std::max(done, passed - pace.held_out * pace.words_out - pace.after);
        out_free_ = std::max(passed, done + pace.after);
        drained = out_free_ + lane_sum_;
      }
      if (!of.in.empty()) {
        left = std::max({left, in_free_, done - round});
        network_.taken(of.in[group], from_edge(left));
      }
      if (!of.out.empty()) network_.gradient(of.out[group], from_edge(drained));
    }
    if (of.last && micro_batch + 1 == plan_.micro_batches) network_.read(job_.owner(launch.layer));
    return ended(start, std::max(start + pace.wafer, done + pace.after), waits);
  }

  const Plan& plan_;
  const std::vector<hw::MatrixLayer>& layers_;
  const hw::MachineSpec& machine_;
  const hw::EdgeLayout layout_;
  const hw::Job job_;
  NetworkWalk network_;
  SampleWay samples_;
  const double gap_, lane_sum_;
  double groups_of_step_ = 1;
  std::vector<Stream> streams_;                   ///< of plan.train
  std::map<LaunchCycle, Cycle> loads_;            ///< by when the channels may begin
  double free_ = 0, in_free_ = 0, out_free_ = 0;  ///< the wafer, its busiest channel each way
};

}  // namespace

hw::Job planned_job(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const Surroundings& around) {
  hw::Job job;
  job.layers = layers;
  job.systems = around.systems;
  job.micro_batches = plan.micro_batches;
  job.optimizer = around.optimizer;
  job.clip = around.clip;
  job.loss_scale = around.loss_scale;
  job.gradient_wire = plan.gradient_wire;
  job.whole_tensor_placement = around.whole_tensor_placement;
  job.timing_only = true;
  return job;
}

StepWalk walk_step(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                   const Surroundings& around) {
  constexpr int few = 16;  // micro-batches, from which on they are alike
  if (plan.micro_batches <= 2 * few) return Walk(plan, layers, machine, around).run();
  Plan shorter = plan;
  shorter.micro_batches = few;
  const Cycle half = Walk(shorter, layers, machine, around).run().period;
  shorter.micro_batches = 2 * few;
  StepWalk walk = Walk(shorter, layers, machine, around).run();
  walk.period += std::llround(static_cast<double>(walk.period - half) / few * (plan.micro_batches - 2 * few));
  return walk;
}

}  // namespace weft::sw
