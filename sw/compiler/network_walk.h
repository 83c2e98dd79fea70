#pragma once
// Everything between the edges of the wafers in a walk of steps: MemoryX's servers and window, SwarmX's nodes, the
// links between. The blocks' own recurrences in the order of a step, without values, SystemC or the blocks' books.
#include <deque>
#include <vector>

#include "hw/memoryx/weight_server.h"
#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "hw/spec/placement.h"
#include "tlm/block/link.h"

namespace weft::sw {

/// Chunks that go together: one, or, of a long stream, as many on each server and link.
struct ChunkGroup {
  int layer = 0;
  int rounds = 0;
  std::int64_t elements = 0;      ///< on a server
  Bytes bytes = 0;                ///< all
  Bytes on_link = 0, on_hop = 0;  ///< of a link; of what one of its nodes stores before it sends on
  int server = 0;
};

class NetworkWalk {
 public:
  /// Both outlive it. Throws UsageError if the state does not fit the servers.
  NetworkWalk(const hw::Job& job, const hw::MachineSpec& machine);

  /// The groups of a stream of at most so many, if MemoryX's window holds several of them.
  std::vector<ChunkGroup> groups(int layer, const hw::StreamShape& shape, int most) const;
  /// Each gradient of `layer` will come in so many groups.
  void expect(int layer, int groups) { books_[static_cast<std::size_t>(layer)].groups = groups; }

  void begin_step();
  /// A stream goes out that needs the layer's version.
  void open(int layer) { issue_ = std::max(issue_, book(layer).version_at); }
  /// When the group's last byte is at a system's interface.
  Picosecond send(const ChunkGroup& group, hw::KernelKind kind);
  /// What was sent last has left the edge, at the interface at `at`.
  void taken(const ChunkGroup& group, Picosecond at);
  /// The step's last stream of the layer was sent.
  void read(int layer);
  /// Sums of a launch are at the interface at `at`.
  void gradient(const ChunkGroup& group, Picosecond at);

 private:
  struct Arrived {
    ChunkGroup group;
    Picosecond at;
  };
  struct LayerBook {
    int groups = 0, updated = 0;
    int parts = 1;      ///< of each group's gradient: of every micro-batch and sharer
    int come = 0;       ///< groups of all parts
    bool read = false;  ///< all streams of the step
    Picosecond read_at = 0, version_at = 0;
    std::vector<Arrived> arrived, whole;  ///< of the step; of them those to be updated
  };
  struct UnderWay {
    Bytes bytes;
    Picosecond returned;
  };

  LayerBook& book(int layer) { return books_[static_cast<std::size_t>(layer)]; }
  Picosecond along(std::vector<std::vector<proto::Link>>& links, const ChunkGroup& group, Picosecond at);
  void square(Arrived& arrived);
  void advance(int layer);
  void update(LayerBook& book, const Arrived& arrived, Picosecond from);
  void decide(LayerBook& book);

  const hw::Job& job_;
  const hw::MachineSpec& machine_;
  hw::Placement placement_;
  std::vector<hw::WeightServer> servers_;
  std::vector<std::vector<proto::Link>> down_, up_;  ///< [lane][hop]
  std::deque<UnderWay> under_way_;
  Bytes used_ = 0;
  Picosecond issue_ = 0, read_done_ = 0, decided_at_ = 0;
  int squares_missing_ = 0;
  Picosecond norm_at_ = 0;
  std::vector<LayerBook> books_;
};

}  // namespace weft::sw
