#pragma once
// What the bounds of budget.h, and the model, leave out: how long each would take on the whole wafer, from the machine
// file and the shape alone. Estimates of work, one after another, nothing hidden behind anything else.
#include <string>
#include <vector>

#include "sw/budget/budget.h"

namespace weft::sw {

struct Omission {
  std::string name;
  double seconds = 0;   ///< of a step on one system
  std::string formula;  ///< with the inputs
};

/// Longest first.
std::vector<Omission> omissions(const Transformer& model, const hw::MachineSpec& machine, const StepBudget& way,
                                std::int64_t tokens);

/// A step's matrix launches as Weft maps them: features over all rows, tokens over columns, sw/compiler's closed forms
/// (within 5 % of the simulation), links never binding. Seconds; `launches` and the `gaps` between them are part of it.
struct MappedStep {
  double seconds = 0, gaps = 0;
  std::int64_t launches = 0;
};
MappedStep mapped_step(const Transformer& model, const hw::MachineSpec& machine, const StepBudget& way);

}  // namespace weft::sw
