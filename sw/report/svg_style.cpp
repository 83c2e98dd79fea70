#include "sw/report/svg_style.h"

#include <fmt/format.h>

namespace weft::sw {

std::string svg_style() {
  std::string style = R"(<style>
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.title { font-size: 17px; font-weight: 600; }
.head { font-weight: 600; }
.soft { fill: #59636e; }
.note { fill: #a40e26; }
.back { fill: #ffffff; stroke: #d1d9e0; }
.frame { fill: none; stroke: #d1d9e0; }
.grid { stroke: #d1d9e0; }
.row { fill: #f6f8fa; }
.idle { fill: #cf222e; fill-opacity: 0.14; }
.mark { stroke: #59636e; stroke-dasharray: 3 3; }
.hatch { stroke: #ffffff; stroke-width: 3; }
.link, .work { fill: #59636e; }
)";
  for (const SvgKind& kind : svg_kinds)
    style += fmt::format(".{0} {{ fill: {1}; stroke: {1}; stroke-width: 0.8; }}\n", kind.name, kind.color);
  style += R"css(.earlier { fill-opacity: 0.25; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.soft { fill: #9198a1; }
.note { fill: #ff7b72; }
.back { fill: #0d1117; stroke: #3d444d; }
.frame, .grid { stroke: #3d444d; }
.row { fill: #151b23; }
.idle { fill: #ff7b72; fill-opacity: 0.22; }
.mark { stroke: #9198a1; }
.hatch { stroke: #0d1117; }
.link, .work { fill: #9198a1; }
}
</style>
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 3H6"/></pattern></defs>
)css";
  return style;
}

std::string svg_escaped(const std::string& text) {
  std::string escaped;
  for (const char character : text) {
    switch (character) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:  // XML has no other control characters
        escaped += static_cast<unsigned char>(character) < 0x20 ? ' ' : character;
    }
  }
  return escaped;
}

}  // namespace weft::sw
