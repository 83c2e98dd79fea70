#pragma once
// Colors and fonts of the pictures. Bars have the colors of Okabe and Ito, "Color Universal Design" (2008), which
// people who see colors differently can tell apart, on white and on black.
#include <array>
#include <string>

namespace weft::sw {

struct SvgKind {
  const char* name;   ///< class of a bar
  const char* color;  ///< of its fill
};

/// What bounded a launch (tlm/stats/launch_record.h), then what is no launch.
inline constexpr std::array<SvgKind, 7> svg_kinds = {{{"compute", "#009e73"},
                                                      {"issue", "#0072b2"},
                                                      {"receive", "#cc79a7"},
                                                      {"stream", "#e69f00"},
                                                      {"chain", "#d55e00"},
                                                      {"drain", "#999999"},
                                                      {"update", "#56b4e9"}}};

/// The style element and the pattern "hatch".
std::string svg_style();

/// Text as it may stand between tags and in an attribute.
std::string svg_escaped(const std::string& text);

}  // namespace weft::sw
