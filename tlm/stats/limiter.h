#pragma once
// What can hold a step up, by name. The one list of them: hw records it, sw prints and reads it.
#include <array>
#include <cstdint>
#include <string_view>

namespace weft::proto {

enum class Limiter : std::uint8_t {
  wafer,          ///< a launch works; which part of the PEs, their links or the edge: sw/report/inside_launch.h
  pe_arithmetic,  ///< elements of AXPYs
  pe_issue,       ///< issue, dispatch, control, loop branches, pipeline fill
  pe_sum,         ///< adding partial sums
  fabric_link,    ///< hops and ramps
  queues,         ///< room downstream: the next queue was full
  edge_in,        ///< a channel at the edge and its rows, inwards
  edge_out,       ///< the same outwards, with the row buffers
  lane_copies,    ///< adding the lanes' sums at the edge
  launch_sweep,   ///< between two launches
  ethernet_down,  ///< links towards the systems, network interfaces with them
  ethernet_up,
  swarmx,             ///< passing a broadcast-reduce node
  memoryx_reader,     ///< a weight server's memory, reading
  memoryx_transpose,  ///< its transposing reader
  memoryx_sum,        ///< summing gradients of micro-batches
  memoryx_update,     ///< the optimizer
  input_servers,      ///< making samples
  sample_link,
  host,  ///< commands, and the user node's link
};
inline constexpr int limiters = 20;

struct LimiterName {
  std::string_view key;  ///< in files
  const char* words;     ///< for people
};
inline constexpr std::array<LimiterName, limiters> limiter_names = {
    {{"wafer", "the wafer"},
     {"pe_arithmetic", "PEs' arithmetic"},
     {"pe_issue", "PEs' issue"},
     {"pe_sum", "PEs' sums"},
     {"fabric_link", "fabric links"},
     {"queues", "full queues of the fabric"},
     {"edge_in", "edge channels, inwards"},
     {"edge_out", "edge channels, outwards"},
     {"lane_copies", "sums of the lanes"},
     {"launch_sweep", "launch sweeps"},
     {"ethernet_down", "Ethernet to the systems"},
     {"ethernet_up", "Ethernet from the systems"},
     {"swarmx", "SwarmX nodes"},
     {"memoryx_reader", "MemoryX's readers"},
     {"memoryx_transpose", "MemoryX's transposing readers"},
     {"memoryx_sum", "gradient sums at MemoryX"},
     {"memoryx_update", "updates at MemoryX"},
     {"input_servers", "input servers"},
     {"sample_link", "samples on their link"},
     {"host", "the host"}}};

inline std::string_view key_of(Limiter limiter) { return limiter_names[static_cast<std::size_t>(limiter)].key; }
inline const char* words_of(Limiter limiter) { return limiter_names[static_cast<std::size_t>(limiter)].words; }

}  // namespace weft::proto
