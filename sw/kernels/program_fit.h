#pragma once
// Whether the launches of a run fit into PEs as programs: known from shapes, before anything is simulated.
#include <string>
#include <vector>

#include "hw/fabric/mapping.h"
#include "hw/spec/job.h"
#include "hw/spec/machine.h"

namespace weft::sw {

/// A launch that a PE cannot hold.
struct ProgramMisfit {
  const hw::Launch* launch;
  bool train;
  std::string why;  ///< how many instructions, or bytes, and the limit
};

/// In the order of their launches, the first of each kernel and layer's shape. Of line kernels and attention's
/// products: the programs of the others have the same few instructions whatever the shape. Refers to `job`.
std::vector<ProgramMisfit> program_misfits(const hw::MachineSpec& machine, const hw::Job& job,
                                           const hw::Mapping& mapping);

}  // namespace weft::sw
