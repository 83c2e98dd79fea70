#pragma once
#include <string>

#include "sw/report/step_view.h"

namespace weft::sw {

/// A Gantt chart of at most 80 columns; names that do not fit are shortened.
std::string step_text(const StepView& view);

}  // namespace weft::sw
