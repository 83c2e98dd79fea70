#include "hw/input/input_server.h"

#include <cstring>

#include <fmt/format.h>

#include "tlm/base/checked.h"
#include "tlm/block/describe.h"
#include "tlm/block/work_of.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;
using proto::BlockTag;

InputServer::InputServer(const sc_core::sc_module_name& module_name, const Job& job, const MachineSpec& machine,
                         int system, SampleSource& source, proto::Recorder& recorder)
    : sc_module(module_name),
      system_out("system_out"),
      credit_in("credit_in"),
      job_(job),
      source_(source),
      system_(system),
      prefetch_(machine.input.prefetch_batches),
      made_(machine.host.command_latency_ps),
      made_cause_(proto::Cause().then(proto::Limiter::host, {}, made_)),
      link_(fmt::format("{}.link", name()), "input_to_csx", proto::Limiter::sample_link, machine.input.link_gbps,
            machine.input.link_latency_ps, recorder) {
  const double rate = machine.input.workers_per_system * machine.input.samples_per_s;
  if (!(rate > 0)) throw UsageError("machine input: workers_per_system and samples_per_s must be above 0");
  if (prefetch_ < 1) throw UsageError(fmt::format("machine input.prefetch_batches: {} is below 1", prefetch_));
  production_ps_ =
      checked_ceil(job.tokens() / job.sample_tokens * 1e12 / rate, "the input servers' time for a batch", "ps");
  outstanding_.resize(prefetch_);
  consumed_at_.resize(prefetch_);
  consumed_cause_.resize(prefetch_);
  credit_in.register_b_transport(this, &InputServer::take_credit);
  SC_HAS_PROCESS(InputServer);
  SC_THREAD(run);
}

void InputServer::run() {
  for (int stage = 0; stage < static_cast<int>(job_.stages.size()); ++stage)
    for (std::int64_t step = 0; step < job_.stages[stage].steps; ++step, ++steps_) {
      if (source_.follows_results()) wait_for_results();
      for (int micro_batch = 0; micro_batch < job_.micro_batches; ++micro_batch) {
        while (sent_ - consumed_ >= prefetch_) wait(consumed_event_);
        send(stage, step, micro_batch);
      }
    }
  done_ = true;
}

void InputServer::wait_for_results() {
  while (results_ < steps_) wait(result_event_);
  if (result_at_ <= made_) return;
  made_ = result_at_;
  made_cause_ = proto::Cause().then(proto::Limiter::host, {}, made_);
}

void InputServer::take_result(Picosecond at) {
  ++results_;
  result_at_ = at;
  result_event_.notify(sc_core::SC_ZERO_TIME);
}

void InputServer::send(int stage, std::int64_t step, int micro_batch) {
  const std::int64_t slot = sent_ % prefetch_;
  const Picosecond room = sent_ < prefetch_ ? 0 : consumed_at_[slot];
  if (room > made_) {
    made_ = room;
    made_cause_ = consumed_cause_[slot];
  }
  made_ = checked_add(made_, production_ps_, "the input servers' time", "ps");

  const auto tokens = static_cast<std::size_t>(job_.tokens());
  const std::size_t sample_bytes = tokens * source_.features() * sizeof(std::uint16_t);
  BlockTag tag;
  tag.kind = BlockKind::samples;
  tag.stage = stage;
  tag.step = step;
  tag.micro_batch = micro_batch;
  tag.train = job_.stages[stage].train;
  made_cause_ = std::move(made_cause_).then(proto::Limiter::input_servers, proto::work_of(tag), made_);
  outstanding_[slot] = tag;
  ++sent_;
  Block block{tag, samples(tag, tokens, sample_bytes), made_cause_};
  const Picosecond at = link_.send(made_, tag, block.bytes(), block.cause);
  proto::send(system_out, block, at);
}

Block::Payload InputServer::samples(const BlockTag& tag, std::size_t tokens, std::size_t sample_bytes) const {
  const std::size_t bytes = sample_bytes + tokens * sizeof(std::int32_t);
  if (job_.timing_only) return proto::PayloadBytes::only_size(bytes);
  auto payload = std::make_shared<proto::PayloadBytes>(bytes);
  // The labels are written apart: with an odd number of values they would not be aligned within the payload.
  std::vector<std::int32_t> labels(tokens);
  source_.fill(tag.stage, tag.step, system_, tag.micro_batch, reinterpret_cast<std::uint16_t*>(payload->data()),
               labels.data());
  std::memcpy(payload->data() + sample_bytes, labels.data(), tokens * sizeof(std::int32_t));
  return payload;
}

void InputServer::take_credit(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const std::optional<Block> credit = proto::take(transaction);
  if (!credit) return;
  BlockTag tag = credit->tag;
  const bool is_credit = tag.kind == BlockKind::credit;
  tag.kind = BlockKind::samples;
  if (!is_credit || consumed_ == sent_ || !same_block(tag, outstanding_[consumed_ % prefetch_]))
    throw SimulationError(fmt::format("{}: a credit for {} came out of order", name(), describe(tag)));
  consumed_at_[consumed_ % prefetch_] = proto::absolute_ps(delay);
  consumed_cause_[consumed_ % prefetch_] = credit->cause;
  ++consumed_;
  consumed_event_.notify(sc_core::SC_ZERO_TIME);
}

std::string InputServer::waiting_for() const {
  if (done_ && consumed_ == sent_) return "";
  if (sent_ == consumed_)
    return steps_ == 0 ? fmt::format("{} has not started", name())
                       : fmt::format("{} waits for the result of the step before", name());
  return fmt::format("{} waits for system {} to take {}", name(), system_,
                     describe(outstanding_[consumed_ % prefetch_]));
}

}  // namespace weft::hw
