#pragma once
// What one kernel launch on one wafer did, in integers that add up. Written by hw, read by sw/report.
#include <array>
#include <cstdint>
#include <string>

#include "tlm/base/instant.h"

namespace weft::proto {

/// Every PE-cycle of a run is in exactly one class.
enum class TimeClass {
  compute,           ///< the datapath works on elements
  overhead,          ///< issue, dispatch, control wavelets, loop branches, pipeline fill
  receive,           ///< cycles a receiving thread takes from the main thread
  wait_stream,       ///< waits for a weight, delta or sample wavelet
  wait_partial_sum,  ///< waits for the neighbour's partial sum
  blocked,           ///< the next queue downstream is full
  drained,           ///< this PE has ended the launch, others have not
  between,           ///< between two launches: launching, or nothing to run
  not_mapped,        ///< PE outside the plan's rectangle, or without features or tokens in this launch
};
inline constexpr int time_classes = 9;
inline constexpr std::array<const char*, time_classes> time_class_names = {
    "compute", "overhead", "receive", "wait_stream", "wait_partial_sum", "blocked", "drained", "between", "not_mapped"};

using ClassCycles = std::array<std::int64_t, time_classes>;  ///< PE-cycles per TimeClass

/// One launch on one wafer.
struct LaunchRecord {
  int system = 0;
  int stage = 0;
  std::int64_t step = 0;  ///< within the stage
  std::int64_t global_step = 0;
  int micro_batch = 0;
  int launch = 0;
  int layer = 0;
  std::string kernel;     ///< e.g. matmul_forward
  std::string pass;       ///< samples, forward, loss, delta or gradient
  int tile = 0;           ///< of attention in tiles of keys: which, from 1 on; 0: none
  RunCycle start;         ///< all PEs may begin
  RunCycle end;           ///< the last PE has ended
  Cycle predicted = 0;    ///< closed form of the plan for end - start, given weights in time
  Cycle stream_wait = 0;  ///< from start until the first words of its stream were at the edge
  std::string bound_by;   ///< what most PE-cycles went into: compute, issue, receive, stream, chain or drain
  ClassCycles classes{};  ///< of all PEs of the fabric's user rectangle within [start, end)
  std::int64_t macs = 0;  ///< multiply-accumulates done
  Bytes stream_in_bytes = 0, stream_out_bytes = 0;  ///< through this system's Ethernet
  std::int64_t fabric_wavelet_hops = 0;
  std::int64_t rounds_simulated = 0, rounds_added = 0;  ///< added: proven repeats of what was simulated before
  std::int64_t pe_rounds = 0;                           ///< rounds of a matrix launch x PEs that it maps
  std::int64_t pe_rounds_simulated = 0;  ///< the others were added: repeats, copies of a column or of a lane
  std::string simulated;                 ///< what of a matrix launch was simulated, and why no less
};

/// Busy time and bytes of one off-wafer link direction over the run.
struct LinkRecord {
  std::string name;        ///< e.g. memoryx.server3.down
  std::string link_class;  ///< e.g. memoryx_to_swarmx
  Bytes bytes = 0;
  Picosecond busy = 0;
  Picosecond end = 0;  ///< of the last busy time
};

}  // namespace weft::proto
