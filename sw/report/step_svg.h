#pragma once
#include <string>

#include "sw/report/step_view.h"

namespace weft::sw {

/// A standalone SVG 900 wide, without scripts or anything from outside; light or dark as the viewer prefers.
/// A bar's `data-start` and `data-end` are its cycles; the rectangle with id "frame" is the time from its `data-from`
/// to its `data-to`, and a bar is as long as its share of it. Equal views give equal text.
std::string step_svg(const StepView& view);

}  // namespace weft::sw
