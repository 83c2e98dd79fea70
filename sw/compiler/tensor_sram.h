#pragma once
// The SRAM map of a model that is no chain of layers: its tensors, each from the launch that writes it to the last that
// reads it.
#include "sw/compiler/matched_model.h"
#include "sw/compiler/sram_map.h"

namespace weft::sw {

/// What lies in the fullest PE when the most does, in one micro-batch of `launches`. Scratch of line kernels and the
/// sums of products are what the launch at that time needs.
std::vector<SramItem> tensor_sram(const MatchedModel& model, const std::vector<hw::Launch>& launches,
                                  const hw::MachineSpec& machine, const hw::Mapping& mapping, int tokens);

/// Of a training plan of any model; `segment`, `retain`: see train_launches().
std::vector<SramItem> training_sram(const MatchedModel& model, const hw::MachineSpec& machine,
                                    const hw::Mapping& mapping, int tokens, bool retain, int segment);

}  // namespace weft::sw
