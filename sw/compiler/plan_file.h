#pragma once
// A plan as a file: --compile_only writes it, --plan runs it later.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sw/compiler/planner.h"

namespace weft::sw {

/// The whole plan and what it was made for (layers, tokens); also part of every report.
nlohmann::ordered_json plan_json(const Plan& plan, const std::vector<hw::MatrixLayer>& layers);

/// What a plan depends on, by path: every value of the machine; of the model file the network and what it asks of its
/// plan. The samples of a system count by themselves (`tokens`).
nlohmann::ordered_json plan_inputs(const std::vector<ResolvedValue>& machine, const std::vector<ResolvedValue>& model);

/// What --compile_only writes: plan_json() and `inputs`.
nlohmann::ordered_json plan_file_json(const Plan& plan, const std::vector<hw::MatrixLayer>& layers,
                                      const nlohmann::ordered_json& inputs);

/// The plan in `file`. It must be a plan that today's compiler makes from `inputs` in everything but the choice itself;
/// `fresh` gives the samples of a system.
/// Throws UsageError that names the first difference: not a plan, an input with both values, other predictions.
Plan read_plan(const std::filesystem::path& file, const MatchedModel& model, const hw::MachineSpec& machine,
               const nlohmann::ordered_json& inputs, const Plan& fresh);

}  // namespace weft::sw
