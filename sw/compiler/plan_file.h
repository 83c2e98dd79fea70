#pragma once
// A plan as a file: --compile_only writes it, --plan runs it later.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sw/compiler/planner.h"

namespace weft::sw {

/// The whole plan and what it was made for (layers, tokens); also part of every report.
nlohmann::ordered_json plan_json(const Plan& plan, const std::vector<hw::MatrixLayer>& layers);

/// The plan in `file`. It must be the plan that today's compiler makes for this model and machine in everything but the
/// choice itself: `fresh` gives the launches' predictions for comparison.
/// Throws UsageError that names the first difference: not a plan, other layers, other tokens, other predictions.
Plan read_plan(const std::filesystem::path& file, const std::vector<hw::MatrixLayer>& layers,
               const hw::MachineSpec& machine, const Plan& fresh);

}  // namespace weft::sw
