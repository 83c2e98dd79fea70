#include "sw/sweep/sweep_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sw/report/svg_canvas.h"

namespace weft::sw {

namespace {

/// Okabe and Ito, "Color Universal Design" (2008).
constexpr const char* colors[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

constexpr double margin = 24, width = 720;

std::vector<const SweepRow*> done_rows(const SweepTable& table) {
  std::vector<const SweepRow*> rows;
  for (const SweepRow& row : table.rows)
    if (row.state == PointState::done && row.speed_up) rows.push_back(&row);
  return rows;
}

double systems_of(const SweepRow& row) {
  for (const auto& [key, value] : row.point->values)
    if (key == "num_csx") return std::max(1.0, std::strtod(value.c_str(), nullptr));
  return 1;
}

/// The settings of a line: what does not go with the number of systems.
std::string other_settings(const SweepTable& table, const SweepRow& row) {
  std::string text;
  for (const auto& [key, value] : row.point->values) {
    if (key == "num_csx" || (table.axes.size() == 2 && key == "set.train_input.batch_size")) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", key, value);
  }
  return text;
}

std::string scaling(const SweepTable& table) {
  constexpr double left = 70, top = 60, height = 360, right = width - 30, bottom = top + height;
  std::map<std::string, std::vector<const SweepRow*>> lines;
  double most = 2;
  for (const SweepRow* row : done_rows(table)) {
    lines[other_settings(table, *row)].push_back(row);
    most = std::max({most, systems_of(*row), *row->speed_up});
  }
  const double doublings = std::ceil(std::log2(most));
  const auto x = [&](double systems) { return left + (right - left) * std::log2(systems) / doublings; };
  const auto y = [&](double speed_up) { return bottom - height * std::max(0.0, std::log2(speed_up)) / doublings; };

  SvgCanvas canvas;
  canvas.text(margin, 32, "title", table.title);
  for (double power = 0; power <= doublings; ++power) {
    const double value = std::exp2(power);
    canvas.back += fmt::format("<path class=\"grid\" d=\"M{:.1f} {}V{}M{} {:.1f}H{}\"/>\n", x(value), top, bottom, left,
                               y(value), right);
    canvas.text(x(value), bottom + 18, "soft", fmt::format("{:.0f}", value), "middle");
    canvas.text(left - 8, y(value) + 4, "soft", fmt::format("{:.0f}", value), "end");
  }
  canvas.back += fmt::format("<path class=\"mark\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>\n", x(1), y(1),
                             x(std::exp2(doublings)), y(std::exp2(doublings)));
  canvas.text(right, bottom + 38, "soft", "systems", "end");
  canvas.text(margin, top - 12, "soft", "samples a second, over the first point's; dashed: as many times as systems");
  std::size_t index = 0;
  for (auto& [name, rows] : lines) {
    std::sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return systems_of(*a) < systems_of(*b); });
    const char* color = colors[index % std::size(colors)];
    std::string path;
    for (const SweepRow* row : rows) {
      const double px = x(systems_of(*row)), py = y(*row->speed_up);
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", px, py);
      canvas.middle += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n", px, py, color);
    }
    canvas.middle += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", path, color);
    const double key = bottom + 60 + 18 * static_cast<double>(index++);
    if (name.empty()) continue;
    canvas.middle +=
        fmt::format("<rect x=\"{}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{}\"/>\n", left, key - 10, color);
    canvas.text(left + 20, key, "soft", name);
  }
  return canvas.file(width, bottom + 60 + 18 * static_cast<double>(lines.size()), table.title);
}

std::string tornado(const SweepTable& table) {
  std::vector<const SweepRow*> rows = done_rows(table);
  if (!rows.empty()) rows.erase(rows.begin());  // the one that the others are compared with
  const auto change = [](const SweepRow* row) { return *row->speed_up - 1; };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](auto* a, auto* b) { return std::abs(change(a)) > std::abs(change(b)); });
  double most = 0.01, label = 60;
  for (const SweepRow* row : rows) {
    most = std::max(most, std::abs(change(row)));
    label = std::max(label, svg_width(row->point->text()));
  }
  const double left = margin + label + 60, half = 200, middle = left + half, wide = middle + half + 60 + margin;
  SvgCanvas canvas;
  canvas.text(margin, 32, "title", table.title);
  canvas.text(margin, 54, "soft", "samples a second, more or less than those of the first point");
  double y = 78;
  for (const SweepRow* row : rows) {
    const double length = half * std::abs(change(row)) / most;
    const bool more = change(row) >= 0;
    canvas.text(left - 60, y + 12, "soft", row->point->text(), "end");
    canvas.middle += fmt::format("<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"14\" fill=\"{}\"/>\n",
                                 more ? middle : middle - length, y, length, colors[more ? 2 : 1]);
    canvas.text(more ? middle + length + 6 : middle - length - 6, y + 12, "soft",
                fmt::format("{:+.1f} %", 100 * change(row)), more ? "start" : "end");
    y += 22;
  }
  canvas.back += fmt::format("<path class=\"grid\" d=\"M{} 70V{}\"/>\n", middle, y);
  return canvas.file(wide, y + margin, table.title);
}

}  // namespace

std::string sweep_svg(const SweepTable& table) {
  return table.picture == SweepPicture::scaling ? scaling(table) : tornado(table);
}

}  // namespace weft::sw
