#pragma once
// Stands in a bundle of links and counts what passes; changes nothing.
#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <map>
#include <systemc>
#include <tlm>
#include <utility>

#include "tlm/block/transport.h"

class TrafficMonitor : public sc_core::sc_module {
 public:
  struct Count {
    std::int64_t blocks = 0, bytes = 0;
    weft::Picosecond last = 0;  ///< arrival of the latest one
  };

  TrafficMonitor(const sc_core::sc_module_name& name, int lanes) : sc_module(name), in("in", lanes), out("out", lanes) {
    for (int lane = 0; lane < lanes; ++lane) in[lane].register_b_transport(this, &TrafficMonitor::pass, lane);
  }

  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<TrafficMonitor>> in;
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<TrafficMonitor>> out;

  /// By kind of block.
  const std::map<weft::proto::BlockKind, Count>& counts() const { return counts_; }

 private:
  void pass(int lane, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
    const weft::proto::Block block = weft::proto::block_of(transaction);
    Count& count = counts_[block.tag.kind];
    ++count.blocks;
    count.bytes += block.bytes();
    count.last = std::max(count.last, weft::proto::absolute_ps(delay));
    out[lane]->b_transport(transaction, delay);
  }

  std::map<weft::proto::BlockKind, Count> counts_;
};
