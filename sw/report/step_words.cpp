#include "sw/report/step_words.h"

#include <fmt/format.h>

#include <cmath>

#include "hw/spec/kernel_table.h"

namespace weft::sw {

std::string grouped(double value) {
  std::string digits = fmt::format("{:.0f}", value);
  for (int place = static_cast<int>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<std::size_t>(place), ",");
  return digits;
}

std::string short_count(double value) {
  return value < 1e7 ? grouped(value) : fmt::format("{} M", fmt::format("{:.1f}", value / 1e6));
}

std::string step_title(const StepView& view) {
  return fmt::format("{} on {}, {} system{}, {}", view.model, view.machine, view.systems, view.systems == 1 ? "" : "s",
                     view.name);
}

TimeUnit time_unit(const StepView& view, double cycles, const char* micro) {
  if (view.micros(cycles) < 10'000) return {fmt::format("{}s", micro), view.clock_mhz};
  return {"ms", 1000 * view.clock_mhz};
}

std::string step_time(const StepView& view, const char* micro) {
  const double cycles = view.period();
  const TimeUnit unit = time_unit(view, cycles, micro);
  return fmt::format("{} cycles = {:.1f} {}", grouped(cycles), cycles / unit.cycles, unit.name);
}

std::string step_size(const StepView& view) {
  return fmt::format("batch {} in {} micro-batch{}, {}{} PEs at {:.0f} MHz", grouped(static_cast<double>(view.batch)),
                     view.micro_batches, view.micro_batches == 1 ? "" : "es",
                     view.systems > 1 ? fmt::format("{} x ", view.systems) : "", grouped(static_cast<double>(view.pes)),
                     view.clock_mhz);
}

std::string bubble_words(const StepView& view) {
  return fmt::format("{} cycles, {:.1f} % of the time since {}", grouped(view.bubble),
                     100 * view.bubble / view.period(), view.from > 0 ? "the step before ended" : "the run began");
}

std::string launch_words(const std::string& kernel, const std::string& pass) {
  const hw::Kernel* known = hw::find_kernel(kernel);
  const bool serves_both = known && known->role == hw::KernelRole::forward && pass == role_name(hw::KernelRole::delta);
  return serves_both ? kernel + "_backward" : kernel;
}

std::string shortened(const std::string& text, std::size_t most, const char* mark) {
  std::size_t characters = 0, cut = 0;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if ((static_cast<unsigned char>(text[index]) & 0xC0) == 0x80) continue;  // inside a character
    if (++characters == most) cut = index;
  }
  return characters <= most ? text : text.substr(0, cut) + mark;
}

}  // namespace weft::sw
