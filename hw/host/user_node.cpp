#include "hw/host/user_node.h"

#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "tlm/base/error.h"
#include "tlm/block/describe.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;

UserNode::UserNode(const sc_core::sc_module_name& module_name, const Job& job, RunObserver& observer)
    : sc_module(module_name), memoryx_in("memoryx_in"), job_(job), observer_(observer) {
  memoryx_in.register_b_transport(this, &UserNode::receive);
  skip_empty_stages();
}

void UserNode::skip_empty_stages() {
  while (partial_.stage < static_cast<int>(job_.stages.size()) && job_.stages[partial_.stage].steps == partial_.step) {
    ++partial_.stage;
    partial_.step = 0;
  }
}

void UserNode::receive(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const std::optional<Block> taken = proto::take(transaction);
  if (!taken) return;
  const Block& block = *taken;
  const Picosecond at = proto::absolute_ps(delay);
  switch (block.tag.kind) {
    case BlockKind::loss:
      receive_loss(block, at);
      break;
    case BlockKind::checkpoint:
      receive_checkpoint(block, at);
      break;
    default:
      throw SimulationError(fmt::format("{}: {} came to the user node", name(), describe(block.tag)));
  }
}

void UserNode::receive_loss(const Block& block, Picosecond at) {
  const proto::BlockTag& tag = block.tag;
  if (tag.stage != partial_.stage || tag.step != partial_.step || tag.micro_batch != parts_ / job_.losses())
    throw SimulationError(fmt::format("{}: {} came, stage {} step {} micro-batch {} is next", name(), describe(tag),
                                      partial_.stage, partial_.step, parts_ / job_.losses()));
  float values[2];
  if (!block.payload || block.payload->size() != sizeof values)
    throw SimulationError(fmt::format("{}: {} is not two numbers", name(), describe(tag)));
  std::memcpy(values, block.payload->data(), sizeof values);
  const bool of_samples = job_.layers.at(static_cast<std::size_t>(tag.layer)).of_samples();
  if (parts_ % job_.losses() > 0 && of_samples == of_samples_before_)
    throw SimulationError(fmt::format("{}: {} came, the same loss as before it", name(), describe(tag)));
  of_samples_before_ = of_samples;
  (of_samples ? partial_.sample_loss_sum : partial_.loss_sum) += static_cast<double>(values[0]);
  (of_samples ? sample_correct_ : correct_) += static_cast<double>(values[1]);
  if (++parts_ < job_.micro_batches * job_.losses()) return;
  partial_.correct = std::llround(correct_);
  partial_.sample_correct = std::llround(sample_correct_);
  partial_.at = at;
  observer_.on_step(partial_);
  ++steps_done_;
  const StepResult done = partial_;
  partial_ = {};
  partial_.stage = done.stage;
  partial_.step = done.step + 1;
  parts_ = 0;
  correct_ = sample_correct_ = 0;
  skip_empty_stages();
}

void UserNode::receive_checkpoint(const Block& block, Picosecond at) {
  const proto::BlockTag& tag = block.tag;
  for (std::size_t next = checkpoint_.layers.size(); next < job_.layers.size(); ++next) {
    if (job_.layers[next].has_parameters()) break;
    checkpoint_.layers.push_back({job_.layers[next].name, {}, 0});
  }
  const std::size_t expected = checkpoint_.layers.size();
  if (!block.payload || static_cast<std::size_t>(tag.layer) != expected)
    throw SimulationError(fmt::format("{}: {} came, layer {} is next", name(), describe(tag), expected));
  if (expected < job_.layers.size()) {
    checkpoint_.layers.push_back(
        job_.timing_only ? LayerState{} : unpack_layer(job_.layers[expected], job_.optimizer, block.payload->bytes()));
    return;
  }
  if (!job_.timing_only) {
    unpack_run_state(block.payload->bytes(), checkpoint_);
    observer_.on_checkpoint(checkpoint_, at);
  }
  checkpoint_ = {};
}

std::string UserNode::waiting_for() const {
  if (!checkpoint_.layers.empty())
    return fmt::format("{} waits for the rest of a checkpoint after layer {}", name(),
                       job_.layers[checkpoint_.layers.size() - 1].name);
  if (partial_.stage == static_cast<int>(job_.stages.size())) return "";
  return fmt::format("{} waits for the loss of stage {} step {} micro-batch {}", name(), partial_.stage, partial_.step,
                     parts_ / job_.losses());
}

}  // namespace weft::hw
