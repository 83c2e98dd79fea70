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

}  // namespace weft::sw
