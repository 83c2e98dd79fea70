#pragma once
// Rows of measured tables that fabric programs are held against. Each with its source; numbers as published.

namespace weft::measured {

/// Two-phase reduce over 512 PEs, 4096 words of fp32, groups of `group`: cycles in the vendor's fabric simulator
/// (github.com/pr0f3ss/SpMM_Cerebras, src/mpi_collectives/reduce_0_pe/reduce_2colors_2phase/results.txt).
struct ReduceLine {
  int pes, words, group;
  double cycles;
};
inline constexpr ReduceLine reduce_line[] = {{512, 4096, 4, 9421}, {512, 4096, 32, 8973}, {512, 4096, 128, 9297}};

/// fp32 matrix-vector product n x n, 10 times, every PE on its own: cycles in the vendor's simulator
/// (github.com/lingzhi227/MIMD_dataflow, 2benchmarks/14-single-tile-matvec/out.csv).
struct PeMatvec {
  int n, iterations;
  double cycles;
};
inline constexpr PeMatvec pe_matvec[] = {{20, 10, 4588}, {60, 10, 37018}, {100, 10, 101448}};

/// SUMMA product on p x p PEs with fp32 tiles of t x t: microseconds on a CS-2, 850 MHz
/// (github.com/lingzhi227/MIMD_dataflow, DataflowProgramming/Systolic_Mul/Result/result.txt).
struct Summa {
  int p, t;
  double microseconds;
  double cycles_per_panel() const { return microseconds * 850 / p; }
};
inline constexpr Summa summa[] = {
    {1, 46, 353.7667895}, {4, 46, 1410.671765}, {32, 16, 562.7576471}, {64, 16, 1123.841176}, {64, 46, 22543.35059}};

/// Star stencil of radius 1 in fp32 on `grid` x `grid` cells, `tile` x `tile` a PE: cycles a pass in the vendor's
/// simulator (github.com/Jorineg/cerebras, non-tiled-tencil/experiment_results.md and tiled-stencil/*_results.md).
struct Stencil {
  const char* machine;
  int grid, tile;
  double cycles;
};
inline constexpr Stencil stencil[] = {
    {"wse2", 8, 1, 16},      {"wse3", 8, 1, 24},   {"wse2", 50, 1, 15},  {"wse3", 50, 1, 23},  {"wse2", 200, 20, 2672},
    {"wse3", 200, 20, 1788}, {"wse2", 32, 2, 141}, {"wse3", 32, 2, 178}, {"wse2", 37, 5, 285}, {"wse3", 37, 5, 191}};

}  // namespace weft::measured
