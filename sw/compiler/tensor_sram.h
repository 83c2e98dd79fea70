#pragma once
// The SRAM map of a model that is no chain of layers: its tensors, each from the launch that writes it to the last that
// reads it.
#include "sw/compiler/matched_model.h"
#include "sw/compiler/sram_map.h"

namespace weft::sw {

/// The tensors of one micro-batch, between the launches where each must stay; of no mapping yet.
class TensorSram {
 public:
  /// `model` and `launches` must outlive it.
  TensorSram(const MatchedModel& model, const std::vector<hw::Launch>& launches);

  /// What lies in the fullest PE when the most does. Scratch of line kernels and the sums of products are what the
  /// launch at that time needs.
  std::vector<SramItem> fullest(const hw::MachineSpec& machine, const hw::Mapping& mapping, int tokens) const;

 private:
  struct Life {
    int first = -1, last = -1;  ///< launches; -1: none
  };
  const MatchedModel& model_;
  const std::vector<hw::Launch>& launches_;
  std::vector<Life> lives_;
};

/// Of a training plan of any model; `segment`, `retain`: see train_launches().
std::vector<SramItem> training_sram(const MatchedModel& model, const hw::MachineSpec& machine,
                                    const hw::Mapping& mapping, int tokens, bool retain, int segment);

}  // namespace weft::sw
