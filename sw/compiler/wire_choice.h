#pragma once
// How the weights of a sparse layer travel: those that are kept, each with its index, or all, zeros among them.
#include "sw/compiler/step_bounds.h"

namespace weft::sw {

/// make_plan() and bound_step() with the wire of each sparse layer of `model`, which are changed to it (`trained`
/// stays). Automatic: layers whose launches are predicted to be shorter with zeros, under the plan that sends none,
/// send them if the whole step is predicted to be shorter then. Deterministic. Throws as make_plan().
Plan plan_with_wire(MatchedModel& model, const hw::MachineSpec& machine, int batch, RetainOutput retain,
                    const PlanWishes& wishes, const Surroundings& around);

}  // namespace weft::sw
