#include "sw/report/step_svg.h"

#include <fmt/format.h>

#include <algorithm>

#include "sw/report/step_legend.h"
#include "sw/report/step_words.h"
#include "sw/report/svg_canvas.h"
#include "sw/report/svg_style.h"
#include "sw/report/ticks.h"

namespace weft::sw {

namespace {

constexpr double width = 900, left = 146, right = 696, amounts = 782, kinds = 792, row_height = 20, bar_height = 13,
                 link_height = 18;

class StepPicture {
 public:
  explicit StepPicture(const StepView& view) : view_(view) {}

  std::string draw() {
    canvas_.text(16, 30, "title", fmt::format("{}: {}", shortened(step_title(view_), 50, "…"), step_time(view_, "µ")));
    canvas_.text(
        16, 50, "soft",
        fmt::format("{}; the time axis starts {}", step_size(view_),
                    view_.from > 0 ? fmt::format("where the step before ended, at cycle {}", grouped(view_.from))
                                   : "with the run"));
    const double top = draw_legend(canvas_, view_, 16, width - 16, 74) + 34;
    double y = top + 4;
    y = section(y, "system 0", "cycles", "bound by", view_.rows);
    if (!view_.updates.empty()) y = section(y + 2, "MemoryX", "cycles", "", view_.updates);
    y += 4;
    canvas_.middle += fmt::format(
        "<rect id=\"frame\" class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" data-from=\"{:.3f}\" "
        "data-to=\"{:.3f}\"/>\n",
        left, top, right - left, y - top, view_.from, view_.to);
    axes(top, y);
    turn(top, y);
    y = works(y + 56);
    y = links(y);
    return canvas_.file(width, y, step_title(view_));
  }

 private:
  double x_of(double cycle) const {
    return left + (std::max(cycle, view_.from) - view_.from) / (view_.to - view_.from) * (right - left);
  }

  std::string times(double start, double end) const {
    return fmt::format("{} cycles = {:.3f} µs, from cycle {} to {}", grouped(end - start), view_.micros(end - start),
                       grouped(start), grouped(end));
  }

  void bar(const StepBar& bar, double y) {
    const double x = x_of(bar.start), length = x_of(bar.end) - x;
    std::string words = bar.what + "\n" + times(bar.start, bar.end);
    if (!bar.kernel.empty()) words += "\nbound by " + bar.kind;
    if (bar.wait > 0) words += fmt::format("\nits first words came after {} cycles", grouped(bar.wait));
    const std::string box = fmt::format("y=\"{:.1f}\" height=\"{}\"", y, bar_height);
    canvas_.front += fmt::format(
        "<g><title>{}</title><rect class=\"bar {}{}\" x=\"{:.3f}\" width=\"{:.3f}\" {} data-kernel=\"{}\" "
        "data-start=\"{:.3f}\" data-end=\"{:.3f}\"/>",
        svg_escaped(words), svg_escaped(bar.kind), bar.earlier ? " earlier" : "", x, length, box,
        svg_escaped(bar.kernel), bar.start, bar.end);
    if (bar.wait > 0)
      canvas_.front += fmt::format("<rect class=\"wait\" fill=\"url(#hatch)\" x=\"{:.3f}\" width=\"{:.3f}\" {}/>", x,
                                   x_of(bar.start + bar.wait) - x, box);
    canvas_.front += "</g>\n";
  }

  /// Returns the y below it.
  double section(double y, const char* head, const char* time, const char* kind, const std::vector<StepRow>& rows) {
    canvas_.text(16, y + 13, "head", head);
    canvas_.text(amounts, y + 13, "soft", time, "end");
    canvas_.text(kinds, y + 13, "soft", kind);
    y += row_height;
    bool shaded = true;
    for (const StepRow& row : rows) {
      if (shaded)
        canvas_.back += fmt::format("<rect class=\"row\" x=\"1\" y=\"{:.1f}\" width=\"{}\" height=\"{}\"/>\n", y,
                                    width - 2, row_height);
      shaded = !shaded;
      canvas_.text(16, y + 14, "lane", fmt::format("{} {}", shortened(row.name(), 11, "…"), row.phase));
      for (const StepBar& one : row.bars) bar(one, y + (row_height - bar_height) / 2);
      canvas_.text(amounts, y + 14, "lane", grouped(row.cycles()), "end");
      if (*kind) canvas_.text(kinds, y + 14, "lane", shortened(row.bound_by(), 14, "…"));
      y += row_height;
    }
    return y;
  }

  void axes(double top, double bottom) {
    const double cycles = view_.to - view_.from;
    const TimeUnit unit = time_unit(view_, cycles, "µ");
    const double label = svg_width(grouped(cycles)) + 14;
    for (const double tick : nice_ticks(cycles, std::clamp(static_cast<int>((right - left) / label), 1, 7))) {
      const double x = x_of(view_.from + tick);
      canvas_.middle += fmt::format("<path class=\"grid\" d=\"M{0:.1f} {1}V{2}\"/>\n", x, top, bottom + 5);
      canvas_.text(x, bottom + 18, "soft", grouped(tick), "middle");
    }
    canvas_.text(width - 16, bottom + 18, "soft", "cycles", "end");
    for (const double tick : nice_ticks(cycles / unit.cycles, 7)) {
      const double x = x_of(view_.from + tick * unit.cycles);
      canvas_.middle += fmt::format("<path class=\"grid\" d=\"M{0:.1f} {1}v4\"/>\n", x, bottom + 23);
      canvas_.text(x, bottom + 39, "soft", fmt::format("{:g}", tick), "middle");
    }
    canvas_.middle += fmt::format("<path class=\"grid\" d=\"M{} {}H{}\"/>\n", left, bottom + 23, right);
    canvas_.text(width - 16, bottom + 39, "soft", unit.name, "end");
  }

  /// The bubble, and where the step ends.
  void turn(double top, double bottom) {
    const StepBar* longest = nullptr;
    for (const StepBar& idle : view_.idle) {
      canvas_.middle += fmt::format(
          "<rect class=\"idle\" x=\"{:.3f}\" y=\"{}\" width=\"{:.3f}\" height=\"{}\" data-start=\"{:.3f}\" "
          "data-end=\"{:.3f}\"><title>idle at the turn of the step\n{}</title></rect>\n",
          x_of(idle.start), top - 6, x_of(idle.end) - x_of(idle.start), bottom - top + 6, idle.start, idle.end,
          times(idle.start, idle.end));
      if (!longest || idle.end - idle.start > longest->end - longest->start) longest = &idle;
    }
    double free_from = left;
    if (longest) {
      const std::string words = "bubble: " + bubble_words(view_);
      const double x = std::min(x_of(longest->start), width - 16 - svg_width(words));
      canvas_.text(x, top - 10, "note", words);
      free_from = x + svg_width(words);
    }
    const double x = x_of(view_.end);
    if (view_.end >= view_.to) return;
    canvas_.middle += fmt::format("<path class=\"mark\" d=\"M{0:.1f} {1}V{2}\"/>\n", x, top - 6, bottom);
    if (x - 32 > free_from) canvas_.text(x - 28, top - 10, "soft", "step ends");
  }

  /// A bar of what was measured and a mark where it was predicted; returns the y below it.
  double works(double y) {
    if (view_.works.empty()) return y;
    if (!view_.verdict.empty()) {
      canvas_.text(16, y + 13, "head", shortened(view_.verdict, 112, "…"));
      y += row_height;
    }
    canvas_.text(16, y + 13, "head", "works all through a step: measured, and where it was predicted; cycles");
    y += row_height;
    double longest = view_.period();
    for (const ShownWork& work : view_.works) longest = std::max({longest, work.predicted, work.measured});
    const double from = left + 190, length = right - from;
    for (const ShownWork& work : view_.works) {
      canvas_.text(16, y + 13, "lane", shortened(work.what, 48, "…"));
      canvas_.back +=
          fmt::format("<rect class=\"row\" x=\"{}\" y=\"{:.1f}\" width=\"{}\" height=\"9\"/>\n", from, y + 4.5, length);
      canvas_.front += fmt::format(
          "<rect class=\"work\" x=\"{}\" y=\"{:.1f}\" width=\"{:.3f}\" height=\"9\" data-cycles=\"{:.0f}\"><title>{}: "
          "measured {} cycles, predicted {}</title></rect>\n",
          from, y + 4.5, work.measured / longest * length, work.measured, svg_escaped(work.what),
          grouped(work.measured), grouped(work.predicted));
      canvas_.front += fmt::format("<path class=\"mark\" d=\"M{0:.1f} {1:.1f}v13\"/>\n",
                                   from + work.predicted / longest * length, y + 2.5);
      canvas_.text(width - 16, y + 13, "lane",
                   fmt::format("{} ({})", short_count(work.measured), short_count(work.predicted)), "end");
      y += link_height;
    }
    return y + 10;
  }

  /// Returns the y below it.
  double links(double y) {
    if (view_.links.empty()) return y;
    canvas_.text(16, y + 13, "head",
                 "links: busy time of the busiest of each class with a step's blocks, share of this step");
    y += row_height;
    for (const StepLinks& links : view_.links) {
      const double length = std::min(links.busiest, 1.0) * (right - left - 20);
      canvas_.text(16, y + 13, "lane", shortened(links.name, 21, "…"));
      canvas_.back += fmt::format("<rect class=\"row\" x=\"{}\" y=\"{:.1f}\" width=\"{}\" height=\"9\"/>\n", left + 20,
                                  y + 4.5, right - left - 20);
      canvas_.front += fmt::format(
          "<rect class=\"link\" x=\"{}\" y=\"{:.1f}\" width=\"{:.3f}\" height=\"9\"><title>{}: {} links, the busiest "
          "busy {:.2f} % of the step</title></rect>\n",
          left + 20, y + 4.5, length, svg_escaped(links.name), links.count, 100 * links.busiest);
      canvas_.text(amounts, y + 13, "lane", fmt::format("{:.1f} %", 100 * links.busiest), "end");
      y += link_height;
    }
    return y + 14;
  }

  const StepView& view_;
  SvgCanvas canvas_;
};

}  // namespace

std::string step_svg(const StepView& view) { return StepPicture(view).draw(); }

}  // namespace weft::sw
