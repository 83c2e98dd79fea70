#pragma once
// Softmax with cross entropy: the maximum up the column and back, exponentials and the label's logit, their sums up,
// in training the deltas with what comes back; in row 0 the losses, summed eastwards.
#include "hw/kernels/line_program.h"

namespace weft::hw {

LineProgram softmax_loss_program(const LinePe& pe, const LineSettings& settings);
/// Results: loss, number of correct predictions, then in training the deltas.
std::vector<std::uint32_t> softmax_loss_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
