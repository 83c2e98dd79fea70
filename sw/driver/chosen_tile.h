#pragma once
// model.attention_tile_keys: auto, before a run is planned.
#include "hw/spec/machine_file.h"
#include "sw/graph/model_file.h"

namespace weft::sw {

/// The model with the number of keys that its plan on `machine` takes (sw/compiler/tile_choice.h), and a note that says
/// it; a model that does not leave it to the plan as it is. Throws UsageError as make_plan(). A choice asks for plans
/// of weights without masks: which weights are zero takes no memory of a transformer.
ModelFile with_chosen_tile(ModelFile model, const hw::MachineFile& machine);

}  // namespace weft::sw
