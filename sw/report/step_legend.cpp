#include "sw/report/step_legend.h"

#include <fmt/format.h>

#include "sw/report/svg_style.h"

namespace weft::sw {

namespace {

template <typename Asked>
const StepBar* first_of(const std::vector<StepRow>& rows, const Asked& asked) {
  for (const StepRow& row : rows)
    for (const StepBar& bar : row.bars)
      if (asked(bar)) return &bar;
  return nullptr;
}

class Legend {
 public:
  Legend(SvgCanvas& canvas, double x, double right, double y)
      : canvas_(canvas), left_(x), right_(right), x_(x), y_(y) {}

  void words(const std::string& text) {
    canvas_.text(x_, y_, "soft", text);
    x_ += svg_width(text) + 12;
  }
  /// `over`: painted over it.
  void entry(const std::string& paint, const std::string& text, const char* over = nullptr) {
    if (x_ + 23 + svg_width(text) > right_) {
      x_ = left_;
      y_ += 18;
    }
    swatch(paint);
    if (over) swatch(over);
    x_ += 23;
    words(text);
  }
  double y() const { return y_; }

 private:
  void swatch(const std::string& paint) {
    canvas_.front +=
        fmt::format("<rect {} x=\"{:.1f}\" y=\"{:.1f}\" width=\"18\" height=\"10\"/>\n", paint, x_, y_ - 9);
  }

  SvgCanvas& canvas_;
  double left_, right_, x_, y_;
};

}  // namespace

double draw_legend(SvgCanvas& canvas, const StepView& view, double x, double right, double y) {
  Legend legend(canvas, x, right, y);
  legend.words("bound by");
  for (const SvgKind& kind : svg_kinds)
    if (first_of(view.rows, [&](const StepBar& bar) { return bar.kind == kind.name; }))
      legend.entry(fmt::format("class=\"{}\"", kind.name), kind.name);
  if (const StepBar* bar = first_of(view.rows, [](const StepBar& one) { return one.wait > 0; }))
    legend.entry(fmt::format("class=\"{}\"", svg_escaped(bar->kind)), "waits for first words", "fill=\"url(#hatch)\"");
  if (!view.idle.empty()) legend.entry("class=\"idle\"", "bubble");
  if (!view.updates.empty()) legend.entry("class=\"update\"", "update");
  if (first_of(view.updates, [](const StepBar& bar) { return bar.earlier; }))
    legend.entry("class=\"update earlier\"", "by the step before");
  return legend.y();
}

}  // namespace weft::sw
