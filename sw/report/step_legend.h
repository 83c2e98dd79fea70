#pragma once
#include "sw/report/step_view.h"
#include "sw/report/svg_canvas.h"

namespace weft::sw {

/// Draws what the colors of the step's picture mean, in lines between `x` and `right`, the first on `y`; only what
/// occurs. Returns the y of the last line.
double draw_legend(SvgCanvas& canvas, const StepView& view, double x, double right, double y);

}  // namespace weft::sw
