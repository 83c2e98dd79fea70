#pragma once
// How the weights of a sparse layer travel: those that are kept, each with its index, or all, zeros among them.
#include "sw/compiler/step_bounds.h"

namespace weft::sw {

/// make_plan() and bound_step() with the wire of each sparse layer of `model`, which are changed to it (`trained`
/// stays). Automatic, the shortest predicted step of three: no zeros travel; those of the layers whose launches are
/// predicted to be shorter so, under that plan; all. Deterministic. Throws as make_plan().
Plan plan_with_wire(MatchedModel& model, const hw::MachineSpec& machine, int batch, RetainOutput retain,
                    const PlanWishes& wishes, const Surroundings& around);

}  // namespace weft::sw
