#pragma once
// A plan for people.
#include <string>

#include "sw/compiler/planner.h"

namespace weft::sw {

/// "features over rows, tokens over columns".
std::string axis_text(hw::FeatureAxis features_over);

/// The PEs of a plan for a line of text: "32 x 32 PEs", "6 lanes of 729 x 160 PEs".
std::string pes_text(const hw::Mapping& mapping);

/// What --compile_only shows; 80 columns.
std::string plan_text(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine);

}  // namespace weft::sw
