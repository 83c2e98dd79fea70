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

/// What bounded a launch (tlm/stats/limiter.h), alike ones alike, then what is no launch.
inline constexpr std::array<SvgKind, 21> svg_kinds = {
    {{"wafer", "#009e73"},        {"pe_arithmetic", "#009e73"},  {"pe_issue", "#0072b2"},
     {"pe_sum", "#cc79a7"},       {"fabric_link", "#d55e00"},    {"queues", "#a65628"},
     {"edge_in", "#e69f00"},      {"edge_out", "#b8860b"},       {"lane_copies", "#b8860b"},
     {"launch_sweep", "#999999"}, {"ethernet_down", "#f0e442"},  {"ethernet_up", "#d9cf3c"},
     {"swarmx", "#8a8f3c"},       {"memoryx_reader", "#7f7fd5"}, {"memoryx_transpose", "#6a5acd"},
     {"memoryx_sum", "#56b4e9"},  {"memoryx_update", "#56b4e9"}, {"input_servers", "#7a7a7a"},
     {"sample_link", "#999999"},  {"host", "#444444"},           {"update", "#56b4e9"}}};

/// The style element and the pattern "hatch".
std::string svg_style();

/// Text as it may stand between tags and in an attribute.
std::string svg_escaped(const std::string& text);

}  // namespace weft::sw
