#include "sw/report/svg_canvas.h"

#include <fmt/format.h>

#include <string_view>

#include "sw/report/svg_style.h"

namespace weft::sw {

double svg_width(const std::string& words) {
  double width = 0;
  for (const char letter : words) {
    const bool narrow = std::string_view("fijlrt .,:").find(letter) != std::string_view::npos;
    width += narrow ? 4.4 : letter == 'm' || letter == 'w' ? 11 : 7.6;
  }
  return width;
}

void SvgCanvas::text(double x, double y, const char* style, const std::string& words, const char* anchor) {
  front += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", style, x, y,
                       anchor, svg_escaped(words));
}

std::string SvgCanvas::file(double width, double height, const std::string& title) const {
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
             "role=\"img\">\n<title>{2}</title>\n",
             width, height, svg_escaped(title)) +
         svg_style() +
         fmt::format("<rect class=\"back\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n", width - 1,
                     height - 1) +
         back + middle + front + "</svg>\n";
}

}  // namespace weft::sw
