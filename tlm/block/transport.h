#pragma once
// Blocks over TLM sockets, by the base protocol: a generic payload that writes, moved by b_transport. The annotated
// delay is the simulated time, from sc_time_stamp(), at which the block's last byte has arrived at the target. Each
// direction of each link has one initiator, so a link's occupancy is an exact recurrence (tlm/block/link.h).
//
// | Attribute | |
// |---|---|
// | command | write; ignore where a block has no bytes |
// | data pointer, length | the payload; of a run that only times one block that all share, and what it holds of the
// size | | streaming width | the length; byte enables: none | | extensions | BlockTag; BlockContent, which another's
// module may leave out |
#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <optional>
#include <systemc>
#include <tlm>

#include "tlm/block/block.h"

namespace weft::proto {

/// What the bytes behind the data pointer do not say: how many they stand for, who shares them, why they come when they
/// do.
struct BlockContent : tlm::tlm_extension<BlockContent> {
  Block::Payload payload;
  Cause cause;

  tlm_extension_base* clone() const override { return new BlockContent(*this); }
  void copy_from(const tlm_extension_base& other) override { *this = static_cast<const BlockContent&>(other); }
};

/// Writes `block` through `out`; its last byte is there at `at`. Precondition: at >= now. Throws SimulationError that
/// names socket, block and response if the target answers with another than TLM_OK_RESPONSE, or if the block has 4 GiB
/// or more.
void send(tlm::tlm_initiator_socket<>& out, const Block& block, Picosecond at);

/// The block behind a transaction, also of another's module: a BlockTag, and the bytes behind the data pointer (copied
/// where no BlockContent shares them). Throws SimulationError if there is no BlockTag.
Block block_of(const tlm::tlm_generic_payload& transaction);

/// As target: the block, and the response TLM_OK_RESPONSE. None of what a target of blocks cannot do: reads, byte
/// enables, streams narrower than their length; the response then says which.
std::optional<Block> take(tlm::tlm_generic_payload& transaction);

/// Absolute simulated time of an annotated delay, and back. sc_time resolution is 1 ps.
Picosecond absolute_ps(const sc_core::sc_time& delay);
/// Precondition: at >= now.
sc_core::sc_time delay_until(Picosecond at);

}  // namespace weft::proto
