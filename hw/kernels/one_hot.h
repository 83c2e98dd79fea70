#pragma once
// A token as a column that is 1 in the row of its id, 0 elsewhere, so that a product with a table takes the id's
// features, and a product of deltas with the column adds them to the id's. An id that no row has, as 0xffff, leaves
// zeros. See line_kernels.h.
#include "hw/kernels/line_program.h"

namespace weft::hw {

/// Features are the table's ids; of a token's ids LineSettings::id.
LineProgram one_hot_program(const LinePe& pe, const LineSettings& settings);
std::vector<std::uint32_t> one_hot_plain(const ProgramLaunch& launch);

}  // namespace weft::hw
