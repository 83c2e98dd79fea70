#include "sw/report/step_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sw/report/step_words.h"
#include "sw/report/ticks.h"
#include "tlm/base/wrap.h"

namespace weft::sw {

namespace {

constexpr int columns = 40;

/// A line of the chart; a cell is marked where a span covers its middle, and each span marks one cell at least.
class Line {
 public:
  explicit Line(const StepView& view) : view_(view) {}

  void mark(double start, double end, char with) {
    const auto cell = [this](double at) {
      return std::clamp((at - view_.from) / (view_.to - view_.from), 0.0, 1.0) * columns;
    };
    const auto first = static_cast<std::size_t>(std::floor(cell(start) + 0.5));
    const auto last = static_cast<std::size_t>(std::floor(cell(end) + 0.5));
    if (first >= last) {
      const std::size_t middle = static_cast<std::size_t>((cell(start) + cell(end)) / 2);
      char& only = text_[std::min<std::size_t>(middle, columns - 1)];
      if (only == ' ') only = with;
    }
    for (std::size_t at = first; at < last; ++at) text_[at] = with;
  }
  const std::string& text() const { return text_; }

 private:
  const StepView& view_;
  std::string text_ = std::string(columns, ' ');
};

std::string row_line(const StepView& view, const StepRow& row) {
  Line line(view);
  for (const StepBar& bar : row.bars) {
    line.mark(bar.start, bar.end, bar.kernel.empty() ? (bar.earlier ? '-' : '=') : '#');
    if (bar.wait > 0) line.mark(bar.start, bar.start + bar.wait, '~');
  }
  const std::string cycles = fmt::format("{:>10}", grouped(row.cycles()));
  return fmt::format("{:<8} {:<8} |{}|{} {}\n", shortened(row.name(), 8, "~"), row.phase, line.text(), cycles,
                     shortened(row.bound_by(), 19 - std::min<std::size_t>(cycles.size(), 18), "~"));
}

std::string axis(const StepView& view) {
  std::string marks = std::string(columns, '-'), numbers;
  const auto widest = static_cast<int>(grouped(view.to - view.from).size()) + 2;
  for (const double tick : nice_ticks(view.to - view.from, std::clamp(columns / widest, 1, 4))) {
    const auto place = static_cast<std::size_t>(tick / (view.to - view.from) * columns);
    marks[std::min<std::size_t>(place, columns - 1)] = '+';
    numbers.resize(std::max(place, numbers.size()), ' ');
    numbers += grouped(tick);
  }
  return fmt::format("{:<18}+{}+    cycles bound by\n{:<19}{}\n", "", marks, "", numbers);
}

}  // namespace

std::string step_text(const StepView& view) {
  std::string text = fmt::format("{}\n{}\n{}\nbubble: {}\n", shortened(step_title(view), 80, "~"), step_time(view, "u"),
                                 step_size(view), bubble_words(view));
  if (!view.ended.empty()) text += wrapped("the run ", 2, view.ended);
  text += (view.verdict.empty() ? "" : wrapped("steady ", 2, view.verdict)) + "\n";
  Line bubble(view);
  for (const StepBar& idle : view.idle) bubble.mark(idle.start, idle.end, '.');
  text += axis(view);
  text += fmt::format("{:<17} |{}|{:>10} idle\n", "bubble", bubble.text(), grouped(view.bubble));
  for (const StepRow& row : view.rows) text += row_line(view, row);
  for (const StepRow& row : view.updates) text += row_line(view, row);
  text += fmt::format(
      "\n# launch on system 0, ~ it waits for its first words, . idle at the turn,\n"
      "= update at MemoryX, - by the step before; 0 is cycle {} of the run\n",
      grouped(view.from));
  if (!view.works.empty())
    text += fmt::format("\n{:<46} {:>14} {:>14}\n", "works all through a step, cycles", "predicted", "measured");
  for (const ShownWork& work : view.works)
    text += fmt::format("  {:<44} {:>14} {:>14}\n", shortened(work.what, 44, "~"), grouped(work.predicted),
                        grouped(work.measured));
  text += fmt::format("\n{:<28} {:>6} {:>30}\n", "links, in a step", "count", "busiest busy %");
  for (const StepLinks& links : view.links)
    text += fmt::format("{:<28} {:>6} {:>30.2f}\n", shortened(links.name, 28, "~"), links.count, 100 * links.busiest);
  return text;
}

}  // namespace weft::sw
