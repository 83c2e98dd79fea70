#pragma once
// One case of the cross-check: a launch, its operands and its stalls, all of it a function of a few numbers.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hw/fabric/launch_programs.h"
#include "sw/kernels/kernel_setup.h"

namespace weft::sw {

enum class Stalls {
  none,      ///< every word is at the edge in time, every edge takes at once
  rounds,    ///< every round of every line is late by a random time
  wavelets,  ///< every wavelet is late, every edge takes late
};
const char* name_of(Stalls stalls);

struct CrossCase {
  hw::KernelKind kind = hw::KernelKind::matmul_forward;
  int inputs = 1, outputs = 1, tokens = 1;
  hw::Rectangle rectangle{1, 1};
  Stalls stalls = Stalls::none;
  std::uint32_t seed = 1;
  int zeros = 0;           ///< of 100 weights of a forward, delta or gradient launch, on the average
  hw::AttentionMask mask;  ///< of an attention launch; of the softmax a length alone, or the others
  bool windows = false;    ///< of a kernel on scores: they stand in the windows of the mask
  bool bias = true;        ///< of a forward or gradient launch's layer
  int queries = 1;         ///< of attention and rotary positions: heads of queries to a head of keys; not with a mask
                           ///< but the softmax's
  HalfFormat format = HalfFormat::fp16;

  bool single_pe() const { return rectangle.width == 1 && rectangle.height == 1; }
};

/// All that there are.
const std::vector<hw::KernelKind>& program_kernels();
/// Whether a kernel masks the scores of a tile of keys, whose numbers are data.
bool masks_a_tile(hw::KernelKind kind);
/// Whether a kernel's launches differ with the windows that scores stand in.
bool takes_windows(hw::KernelKind kind);
/// Whether a mask of some kind may be laid on a kernel; `windows`: that scores stand in the windows of.
bool takes_mask(hw::KernelKind kind, const hw::AttentionMask& mask, bool windows = false);
/// Whether a kernel's launches differ with grouped queries.
bool takes_queries(hw::KernelKind kind);
/// The options of `weft crosscheck` that run this case again.
std::string to_string(const CrossCase& cross_case);
/// Case number `index` of a sweep: kernels, shapes (1, odd, prime, not a multiple of the lanes, fewer features than
/// rows), in fp16, and arrays of up to `limit` x `limit` PEs in turn; a third of them on a single PE. Without `mask`
/// half of the softmaxes over keys are causal, of half of these the scores stand in windows, as an eighth of other
/// scores, and a quarter of what may have grouped queries has. `windows`: all do.
CrossCase sweep_case(std::uint32_t seed, int index, int limit, const std::vector<hw::KernelKind>& kernels,
                     int zeros = 0, const hw::AttentionMask& mask = {}, bool windows = false);

/// A case ready to run. One operand in eight is any 16 bits: infinities, NaN, subnormals.
struct PreparedCase {
  std::unique_ptr<hw::MatrixLayer> layer;  ///< of a matrix kernel
  std::unique_ptr<hw::LaunchMap> map;      ///< of a matrix kernel
  hw::ProgramLaunch launch;  ///< its results are those of plain loops in the order that the mapping defines
  std::unique_ptr<KernelSetup> setup;
  std::optional<Cycle> recurrence;  ///< end of the launch; none where the edges of an elementwise kernel or of a
                                    ///< sparse gradient stall each wavelet
};
/// Throws UsageError if the shape does not fit into the PEs.
PreparedCase prepare(const hw::MachineSpec& machine, const CrossCase& cross_case);

}  // namespace weft::sw
