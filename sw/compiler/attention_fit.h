#pragma once
// Whether a model's heads and sequences can lie on a lane.
#include "hw/fabric/mapping.h"
#include "sw/compiler/matched_model.h"
#include "sw/graph/model_file.h"

namespace weft::sw {

/// A head needs whole rows and a sequence whole columns (hw/fabric/head_grid.h), of each lane.
bool attention_fits(const MatchedModel& model, const hw::Mapping& mapping, int tokens);

/// Of a model without attention false.
bool has_attention(const MatchedModel& model);

/// Throws UsageError if no lane of the machine would do, or none with what is wished.
void require_room_for_heads(const MatchedModel& model, const hw::MachineSpec& machine, const PlanWishes& wishes);

/// Throws UsageError: on no lanes do `most` to `least` sequences, a sample each, lie as attention_fits() says.
[[noreturn]] void refuse_sequences(const MatchedModel& model, const hw::MachineSpec& machine, int most, int least,
                                   const PlanWishes& wishes);

}  // namespace weft::sw
