#pragma once
// A machine, resolved: every number the models may use. Written in hw/machines/*.yaml, where each number
// stands beside its source. No SystemC here.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tlm/base/units.h"

namespace weft::hw {

/// Grid of PEs. `user_*` is the rectangle a program may use.
struct FabricSpec {
  int width = 0, height = 0;
  int user_width = 0, user_height = 0;
};

/// Elements per cycle of the datapath, memory operands, no bank clash.
struct LaneSpec {
  int fmac_mixed = 0;  ///< fp16 x fp16 + fp32
  int fmac_fp16 = 0;   ///< fp16 x fp16 + fp16
  int fmac_fp32 = 0;
  int add_fp32 = 0;
  int mul_fp32 = 0;
  int max_fp32 = 0;
  int max_fp16 = 0;
  int convert = 0;  ///< fp16 <-> fp32
  int integer = 0;  ///< int16 add, logic

  /// Multiply-adds of halves into sums of fp32, or of halves.
  int multiply_adds(bool half_sums) const { return half_sums ? fmac_fp16 : fmac_mixed; }
};

struct PeSpec {
  Bytes sram_bytes = 0;
  int banks = 0;         ///< successive 16-bit words fall in successive banks
  Bytes code_bytes = 0;  ///< SRAM kept for code and stack
  LaneSpec lanes;
  int vector_issue_cycles = 0;   ///< back to back
  int vector_fill_cycles = 0;    ///< from issue to the issue of an instruction that depends on it
  int scalar_cycles = 0;         ///< one scalar instruction (a loop branch)
  int control_cycles = 0;        ///< taking a control wavelet
  int task_dispatch_cycles = 0;  ///< starting a task
  int call_cycles = 0;           ///< scalar code around one call of a vector function
};

struct RouterSpec {
  int colors = 0;
  int hop_cycles = 0;
  int ramp_cycles = 0;   ///< each way
  int link_queue = 0;    ///< wavelets per color and input port of a router
  int input_queue = 0;   ///< wavelets per color between router and core
  int output_queue = 0;  ///< wavelets per color between core and router
};

/// Off-wafer links of one system and the way from them to the rows.
struct IoSpec {
  int ethernet_links = 0;
  double ethernet_gbps = 0;        ///< each link, each direction
  int rows_per_channel = 0;        ///< rows that one edge channel feeds or drains
  int channel_bits_per_cycle = 0;  ///< width of a channel's fabric link
  Bytes row_buffer_bytes = 0;      ///< sums of one row that wait for their channel
  Bytes edge_buffer_bytes = 0;     ///< weights that wait for the wafer, per system
  Picosecond latency_ps = 0;       ///< NIC to edge router
  int lane_sum_cycles = 0;         ///< adding one lane's sums to those of the lanes before it
};

struct SwarmxSpec {
  int fan_out = 0;                 ///< systems or nodes below one node: 4 (one 1:4) or 2 (two 1:2)
  Picosecond node_latency_ps = 0;  ///< through a broadcast-reduce node, one way
  Picosecond link_latency_ps = 0;  ///< a cable and its NICs, one way
};

struct TierSpec {
  Bytes capacity_bytes = 0;
  double gigabytes_per_s = 0;
  Picosecond latency_ps = 0;
};

struct MemoryxSpec {
  int weight_servers = 0;
  TierSpec dram;                         ///< per weight server
  TierSpec flash;                        ///< per weight server; holds what DRAM cannot
  double update_params_per_s = 0;        ///< optimizer rate of one weight server
  double transpose_gigabytes_per_s = 0;  ///< reader that turns a layer for the delta pass, per weight server
  Bytes chunk_bytes = 0;                 ///< payload of one transaction, at most (at least one round of a kernel)
};

struct InputSpec {
  int workers_per_system = 0;
  double samples_per_s = 0;  ///< decode, normalise, shuffle and batch, per worker
  int prefetch_batches = 0;  ///< batches that may wait, per system
  double link_gbps = 0;      ///< worker group to its system
  Picosecond link_latency_ps = 0;
};

struct HostSpec {
  double link_gbps = 0;  ///< user node to MemoryX
  Picosecond link_latency_ps = 0;
  Picosecond command_latency_ps = 0;  ///< from the user node's start to the first read in MemoryX
};

struct MachineSpec {
  std::string name;
  std::string description;
  FabricSpec fabric;
  PeSpec pe;
  RouterSpec router;
  std::map<std::string, Clock> clock_profiles;
  std::string clock_profile;
  Clock clock;  ///< the chosen profile
  IoSpec io;
  SwarmxSpec swarmx;
  MemoryxSpec memoryx;
  InputSpec input;
  HostSpec host;
  int max_systems = 0;
};

}  // namespace weft::hw
