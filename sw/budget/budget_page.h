#pragma once
// The budget as people read it: at most 80 columns, each line with its value, its formula and the inputs.
#include <string>

#include "sw/budget/budget.h"
#include "sw/budget/omissions.h"

namespace weft::sw {

std::string budget_page(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options,
                        const Budget& budget);

/// The numbers of the page, schema "weft-budget-1".
std::string budget_json(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options,
                        const Budget& budget);

/// What follows from the numbers: sentences, not wrapped.
std::vector<std::string> conclusions(const Transformer& model, const hw::MachineSpec& machine,
                                     const BudgetOptions& options, const Budget& budget);

/// The measured step that these options describe, or null.
const MeasuredStep* measured_step(const Transformer& model, const hw::MachineSpec& machine,
                                  const BudgetOptions& options);

}  // namespace weft::sw
