#pragma once
// Off-wafer traffic: a block is a TLM generic payload with a BlockTag. It moves by b_transport; the annotated
// delay is the simulated time, from sc_time_stamp(), at which its last byte has arrived at the callee's port.
// Each direction of each link has one sender, so a link's occupancy is an exact recurrence (Link).
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "tlm/base/units.h"
#include "tlm/block/payload.h"
#include "tlm/stats/cause.h"

namespace weft::proto {

enum class BlockKind {
  step_begin,  ///< MemoryX -> systems: loss scale of the step (one float); opens a step on the wafer
  weights,     ///< MemoryX -> systems: fp16 bits, element order of the launch's StreamShape
  credit,      ///< systems -> MemoryX: a weights chunk has left the edge buffer (no payload)
  gradient,    ///< systems -> MemoryX: fp32, summed by SwarmX in child order
  loss,        ///< systems -> user node: two fp32: sum of the samples' losses, number of correct predictions; summed by
               ///< SwarmX
  samples,     ///< input server -> its system: fp16 bits [tokens][features], then int32 labels [tokens]
  checkpoint,  ///< MemoryX -> user node: fp32 state of one layer
};

/// Where a block belongs. Value semantics; compared whole.
struct BlockTag : tlm::tlm_extension<BlockTag> {
  BlockKind kind = BlockKind::weights;
  int stage = 0;
  std::int64_t step = 0;  ///< within the stage
  int micro_batch = 0;
  int launch = 0;  ///< index into Job::launches(train)
  int layer = 0;
  int chunk = 0;      ///< of the launch's StreamShape
  int lane = 0;       ///< which of the parallel Ethernet links
  bool train = true;  ///< the step trains

  tlm_extension_base* clone() const override { return new BlockTag(*this); }
  void copy_from(const tlm_extension_base& other) override { *this = static_cast<const BlockTag&>(other); }
};

/// A block and its payload. The payload is shared and not written after it was sent: a broadcast copies nothing.
/// Lives until the last b_transport that carries it has returned; a receiver that keeps it keeps `payload`.
class Block {
 public:
  using Payload = std::shared_ptr<const PayloadBytes>;

  Block(const BlockTag& tag, Payload payload, Cause cause = {});
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  tlm::tlm_generic_payload& transaction() { return transaction_; }
  const BlockTag& tag() const { return tag_; }
  const Payload& payload() const { return payload_; }
  Bytes bytes() const { return payload_ ? static_cast<Bytes>(payload_->size()) : 0; }
  /// The event of the block's arrival where the call under way delivers it.
  const Cause& cause() const { return cause_; }

  /// The block behind a transaction. Throws SimulationError if the transaction is none.
  static const Block& of(tlm::tlm_generic_payload& transaction);
  /// Before a block is passed on: the event of its next arrival. Throws as of() does.
  static void arrives(tlm::tlm_generic_payload& transaction, Cause cause);

 private:
  static Block& behind(tlm::tlm_generic_payload& transaction);
  struct Handle : tlm::tlm_extension<Handle> {
    Block* block = nullptr;
    tlm_extension_base* clone() const override { return new Handle(*this); }
    void copy_from(const tlm_extension_base& other) override { *this = static_cast<const Handle&>(other); }
  };
  BlockTag tag_;
  Payload payload_;
  Cause cause_;
  Handle handle_;
  tlm::tlm_generic_payload transaction_;
};

/// Absolute simulated time of an annotated delay, and back. sc_time resolution is 1 ps.
Picosecond absolute_ps(const sc_core::sc_time& delay);
/// Precondition: at >= now.
sc_core::sc_time delay_until(Picosecond at);

/// One direction of a serial link: bandwidth and latency. One sender; sends are in the order of calls.
class Link {
 public:
  Link(double gbps, Picosecond latency_ps) : gbps_(gbps), latency_ps_(latency_ps) {}
  /// The last byte of `bytes`, ready at `ready`, is at the far end at the returned time:
  /// max(ready, free) + ceil(bytes * 8 / rate) + latency; and the link is free after the serialisation. TimeOverflow.
  Picosecond send(Picosecond ready, Bytes bytes);
  Bytes bytes() const { return bytes_; }
  Picosecond busy_ps() const { return busy_ps_; }
  Picosecond start_of_last() const { return last_start_; }
  /// End of the last byte at this end.
  Picosecond free_at() const { return free_; }

 private:
  double gbps_;
  Picosecond latency_ps_, free_ = 0, busy_ps_ = 0, last_start_ = 0;
  Bytes bytes_ = 0;
};

}  // namespace weft::proto
