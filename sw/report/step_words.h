#pragma once
// What the picture and the text of a step both say.
#include <string>

#include "sw/report/step_view.h"

namespace weft::sw {

/// Rounded, with commas: 12,345,678.
std::string grouped(double value);
/// "295.0 M" from ten millions on, else grouped().
std::string short_count(double value);
/// "fc_mnist on mini, 1 system, step 3"
std::string step_title(const StepView& view);
struct TimeUnit {
  std::string name;
  double cycles = 1;  ///< in one of it
};
/// Microseconds, or milliseconds from ten on.
TimeUnit time_unit(const StepView& view, double cycles, const char* micro);
/// "12,345 cycles = 14.5 us"; `micro` is how the reader's medium writes a millionth.
std::string step_time(const StepView& view, const char* micro);
/// "batch 256 in 1 micro-batch, 1,024 PEs at 850 MHz"
std::string step_size(const StepView& view);
/// "13,959 cycles, 4.9 % of the time since the step before ended"
std::string bubble_words(const StepView& view);
/// A launch's kernel; one of the forward pass that serves the backward pass as well is told apart there.
std::string launch_words(const std::string& kernel, const std::string& pass);
/// At most `most` characters of UTF-8 text; the last is `mark` where some are left out.
std::string shortened(const std::string& text, std::size_t most, const char* mark);

}  // namespace weft::sw
