#pragma once
// A transformer's matrix launches as Weft's planner would lay them over the wafer.
#include "hw/fabric/mapping.h"
#include "sw/budget/budget.h"

namespace weft::sw {

/// sw/compiler's closed forms (within 5 % of the simulation) on the lanes for which they are shortest, features over
/// rows, links never binding. Seconds; `launches` and the `gaps` between them are part of it.
struct MappedStep {
  double seconds = 0, gaps = 0;
  std::int64_t launches = 0;
  hw::Mapping mapping;
};
MappedStep mapped_step(const Transformer& model, const hw::MachineSpec& machine, const StepBudget& way);

}  // namespace weft::sw
