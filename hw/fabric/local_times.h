#pragma once
// Launches whose PEs work mostly on their own: elementwise kernels, the loss, and the samples' way in.
#include <vector>

#include "hw/fabric/launch_times.h"

namespace weft::hw {

/// ReLU over the resident outputs of a layer, then, with dropout, the mask of a counter-based generator.
LaunchTimes activation_times(const MachineSpec& machine, int features, bool dropout, Rectangle rectangle, int tokens);

/// Delta times the derivative of ReLU and dropout.
LaunchTimes activation_backward_times(const MachineSpec& machine, int features, bool dropout, Rectangle rectangle,
                                      int tokens);

/// Softmax with cross entropy: maximum up the column and back, exponentials, two sums up and one back, and in training
/// the delta; the loss and the number of correct predictions are then summed along row 0.
/// `loss_leaves` receives the cycle at which both have reached the east edge.
LaunchTimes softmax_times(const MachineSpec& machine, const EdgeLayout& layout, int outputs, bool train,
                          Rectangle rectangle, int tokens, Cycle& loss_leaves);

/// Samples [tokens][features] and labels from the edge to their PEs, nearest column first, two fp16 a wavelet; the
/// labels go to the rows that own outputs. The channels may start at cycle `ready` (may be negative: before the
/// launch).
LaunchTimes load_times(const MachineSpec& machine, const EdgeLayout& layout, int features, int outputs,
                       Rectangle rectangle, int tokens, Cycle ready);

}  // namespace weft::hw
