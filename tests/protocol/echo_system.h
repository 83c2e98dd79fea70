#pragma once
// A stand-in for a system: takes weights, gives credits back after random delays, invents gradients and losses.
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "hw/spec/placement.h"
#include "tlm/block/describe.h"
#include "tlm/block/link_port.h"
#include "tlm/block/transport.h"

namespace weft::test {

/// A gradient element as any system would invent it; sums of these depend on the order of the additions.
inline float invented_gradient(int system, int train_step, int micro_batch, int layer, std::int64_t element) {
  std::uint64_t x = 0x9e3779b97f4a7c15ULL * static_cast<std::uint64_t>(element + 1) +
                    0xbf58476d1ce4e5b9ULL * static_cast<std::uint64_t>(system + 1) +
                    0x94d049bb133111ebULL * static_cast<std::uint64_t>(train_step * 131 + micro_batch * 17 + layer + 1);
  x ^= x >> 31;
  x *= 0xd6e8feb86659fd93ULL;
  x ^= x >> 32;
  return (static_cast<float>(x & 0xffffff) / 8388608.0F - 1.0F) * static_cast<float>(1 << ((x >> 24) & 7));
}

struct EchoOptions {
  unsigned seed = 1;
  Picosecond most_delay_ps = 200'000;  ///< consumption of a chunk takes up to this
  bool synchronised = false;           ///< waits for its own time before each act instead of running ahead
  int silent_system = -1;              ///< this one takes weights and gives no credit
  std::function<float(int, int, int, int, std::int64_t)> gradient = invented_gradient;
};

/// What a system saw of a chunk of weights.
struct SeenChunk {
  proto::BlockTag tag;
  proto::Block::Payload payload;
  Picosecond arrived = 0, credited = 0;  ///< here; credit sent from here
};

class EchoSystem : public sc_core::sc_module {
 public:
  EchoSystem(const sc_core::sc_module_name& module_name, const hw::Job& job, const hw::MachineSpec& machine, int system,
             const EchoOptions& options)
      : sc_module(module_name),
        down_in("down_in", machine.io.ethernet_links),
        up_out("up_out", machine.io.ethernet_links),
        job_(job),
        machine_(machine),
        placement_(job, machine),
        system_(system),
        options_(options),
        random_(options.seed * 7919U + static_cast<unsigned>(system)) {
    static proto::NullRecorder recorder;
    for (int lane = 0; lane < machine.io.ethernet_links; ++lane) {
      down_in[lane].register_b_transport(this, &EchoSystem::receive, lane);
      up_.emplace_back("up", "csx_to_swarmx", proto::Limiter::ethernet_up, machine.io.ethernet_gbps,
                       machine.swarmx.link_latency_ps, recorder);
    }
    SC_HAS_PROCESS(EchoSystem);
    SC_THREAD(run);
  }

  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<EchoSystem>> down_in;
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<EchoSystem>> up_out;

  std::vector<SeenChunk> seen;     ///< weights chunks in the order of consumption
  std::vector<float> scales;       ///< of the step_begin blocks
  std::vector<Picosecond> begins;  ///< when they came
  Bytes held = 0, most_held = 0;   ///< weights delivered and not credited, in the order of calls
  std::vector<std::pair<proto::BlockTag, Picosecond>> gradients_sent;

 private:
  void receive(int lane, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
    const std::optional<proto::Block> block = proto::take(transaction);
    if (!block) return;
    if (block->tag.lane != lane) throw std::logic_error("wrong lane: " + describe(block->tag));
    if (block->tag.kind == proto::BlockKind::step_begin) {
      float scale = 0;
      std::memcpy(&scale, block->payload->data(), sizeof scale);
      scales.push_back(scale);
      begins.push_back(proto::absolute_ps(delay));
    } else {
      arrived_.push_back({block->tag, block->payload, proto::absolute_ps(delay), 0});
      held += block->bytes();
      most_held = std::max(most_held, held);
      event_.notify(sc_core::SC_ZERO_TIME);
    }
  }

  void run() {
    int train_step = 0;
    for (int stage = 0; stage < static_cast<int>(job_.stages.size()); ++stage)
      for (std::int64_t step = 0; step < job_.stages[stage].steps; ++step) {
        for (int micro_batch = 0; micro_batch < job_.micro_batches; ++micro_batch) {
          const auto& launches = job_.launches(job_.stages[stage].train);
          for (int launch = 0; launch < static_cast<int>(launches.size()); ++launch) {
            proto::BlockTag tag;
            tag.stage = stage;
            tag.step = step;
            tag.micro_batch = micro_batch;
            tag.launch = launch;
            tag.layer = launches[launch].layer;
            play(tag, launches[launch].kind, train_step);
          }
        }
        if (job_.stages[stage].train) ++train_step;
      }
  }

  void play(proto::BlockTag tag, hw::KernelKind kind, int train_step) {
    if (consumes_weights(kind)) consume(tag, kind);
    if (produces_gradient(kind)) produce(tag, kind, train_step);
    if (kind == hw::KernelKind::softmax_loss) {
      tag.kind = proto::BlockKind::loss;
      tag.layer = 0;
      const float values[2] = {static_cast<float>(system_) + 0.25F, 1.0F};
      send(tag, values, sizeof values);
    }
  }

  void consume(proto::BlockTag tag, hw::KernelKind kind) {
    const hw::StreamShape shape =
        stream_shape(job_.layers[tag.layer], kind, machine_.memoryx.chunk_bytes, job_.gradient_wire);
    for (tag.chunk = 0; tag.chunk < shape.chunks(); ++tag.chunk) {
      while (arrived_.empty() || system_ == options_.silent_system) wait(event_);
      SeenChunk chunk = arrived_.front();
      arrived_.pop_front();
      tag.lane = placement_.lane(tag.layer, tag.chunk);
      if (!same_block(tag, chunk.tag)) throw std::logic_error("came " + describe(chunk.tag) + ", due " + describe(tag));
      time_ = std::max(time_, chunk.arrived) + delay();
      synchronise();
      chunk.credited = time_;
      seen.push_back(chunk);
      proto::BlockTag credit = tag;
      credit.kind = proto::BlockKind::credit;
      held -= static_cast<Bytes>(chunk.payload->size());
      send(credit, nullptr, 0);
    }
  }

  void produce(proto::BlockTag tag, hw::KernelKind kind, int train_step) {
    const hw::StreamShape shape =
        stream_shape(job_.layers[tag.layer], kind, machine_.memoryx.chunk_bytes, job_.gradient_wire);
    tag.kind = proto::BlockKind::gradient;
    for (tag.chunk = 0; tag.chunk < shape.chunks(); ++tag.chunk) {
      time_ += delay();
      synchronise();
      tag.lane = placement_.lane(tag.layer, tag.chunk);
      std::vector<float> values(shape.chunk_elements(tag.chunk));
      const std::int64_t first =
          static_cast<std::int64_t>(shape.chunk_first_round(tag.chunk)) * shape.elements_per_round;
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] =
            options_.gradient(system_, train_step, tag.micro_batch, tag.layer, first + static_cast<std::int64_t>(i));
      gradients_sent.emplace_back(tag, time_);
      std::vector<std::uint8_t> bytes(static_cast<std::size_t>(shape.chunk_bytes(tag.chunk)));
      job_.gradient_wire.put(values.data(), values.size(), bytes.data());
      send(tag, bytes.data(), bytes.size());
    }
  }

  void send(const proto::BlockTag& tag, const void* data, std::size_t bytes) {
    proto::Block::Payload payload;
    if (bytes > 0) {
      const auto* first = static_cast<const std::uint8_t*>(data);
      payload = std::make_shared<const proto::PayloadBytes>(first, first + bytes);
    }
    const Picosecond at = tag.kind == proto::BlockKind::credit
                              ? time_ + machine_.swarmx.link_latency_ps
                              : up_[tag.lane].send(time_, tag, static_cast<Bytes>(bytes), why_);
    proto::send(up_out[tag.lane], {tag, payload}, at);
  }

  Picosecond delay() {
    return options_.most_delay_ps == 0 ? 0 : static_cast<Picosecond>(random_() % options_.most_delay_ps);
  }
  void synchronise() {
    if (!options_.synchronised) return;
    const sc_core::sc_time at(static_cast<double>(time_), sc_core::SC_PS);
    if (at > sc_core::sc_time_stamp()) wait(at - sc_core::sc_time_stamp());
  }

  const hw::Job& job_;
  const hw::MachineSpec& machine_;
  hw::Placement placement_;
  int system_;
  EchoOptions options_;
  std::mt19937 random_;
  proto::Cause why_;
  std::vector<proto::LinkPort> up_;
  std::deque<SeenChunk> arrived_;
  Picosecond time_ = 0;
  sc_core::sc_event event_;
};

}  // namespace weft::test
