#pragma once
// Which weight server and which Ethernet lane a chunk of a stream belongs to. MemoryX and every system ask the same
// pure function, so both ends of a lane agree without a message.
#include <vector>

#include "hw/spec/job.h"
#include "hw/spec/machine.h"

namespace weft::hw {

/// Striped: chunk c of any stream belongs to server c mod weight_servers. Whole tensor: all chunks of a layer belong
/// to the server that owns the layer; layers are dealt out largest first, each to the least loaded server, ties to
/// the lowest index. A server has one link, lane = server mod ethernet_links, for both directions.
class Placement {
 public:
  Placement(const Job& job, const MachineSpec& machine);

  int servers() const { return servers_; }
  int lanes() const { return lanes_; }
  bool striped() const { return owners_.empty(); }
  int server(int layer, int chunk) const { return striped() ? chunk % servers_ : owners_[layer]; }
  int lane_of_server(int server) const { return server % lanes_; }
  int lane(int layer, int chunk) const { return lane_of_server(server(layer, chunk)); }
  /// Of a stream of `layer` the elements on each server.
  std::vector<std::int64_t> elements(int layer, const StreamShape& shape) const;
  /// Parameters of a layer that a server keeps; the stripe of a state is the gradient chunk, in which it is updated.
  std::int64_t parameters(int server, int layer) const { return parameters_[server][layer]; }

 private:
  int servers_, lanes_;
  std::vector<int> owners_;                            ///< per layer; empty if striped
  std::vector<std::vector<std::int64_t>> parameters_;  ///< [server][layer]
};

}  // namespace weft::hw
