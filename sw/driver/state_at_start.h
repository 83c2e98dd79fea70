#pragma once
#include "sw/driver/run_settings.h"
#include "sw/driver/run_state.h"

namespace weft::sw {

/// What run.json says when a run begins: who, where, when, by which program. The run's id and steps are left open.
RunState state_at_start(const RunSettings& settings, const ModelFile& model, const std::string& machine);

/// "train", "eval", "train_and_eval"
std::string mode_name(Mode mode);

}  // namespace weft::sw
