#pragma once
// Text and shapes of a standalone SVG, in three layers.
#include <string>

namespace weft::sw {

/// About how wide text of 12 px is; the viewer's font is not known, so it is taken as a wide one.
double svg_width(const std::string& words);

struct SvgCanvas {
  std::string back, middle, front;  ///< elements, from the back to the front

  /// `anchor`: start, middle or end. Everything goes to the front.
  void text(double x, double y, const char* style, const std::string& words, const char* anchor = "start");
  /// The whole file. `title` is the picture's name for those who do not see it.
  std::string file(double width, double height, const std::string& title) const;
};

}  // namespace weft::sw
