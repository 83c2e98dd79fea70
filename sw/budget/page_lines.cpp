#include "sw/budget/page_lines.h"

#include <fmt/format.h>

#include "tlm/base/wrap.h"

namespace weft::sw {

namespace {

constexpr std::size_t kFormula = 39;

std::string scaled(double value, const char* unit, std::initializer_list<const char*> prefixes) {
  const char* chosen = "";
  for (const char* prefix : prefixes) {
    if (value < 999.5) break;
    value /= 1000;
    chosen = prefix;
  }
  const int decimals = value >= 99.95 ? 0 : (value >= 9.995 ? 1 : 2);
  return fmt::format("{:.{}f} {}{}", value, decimals, chosen, unit);
}

}  // namespace

void PageLines::heading(const std::string& text) { text_ += "\n" + text + "\n"; }

void PageLines::line(const std::string& name, const std::string& value, const std::string& formula) {
  text_ += wrapped(fmt::format("  {:<24}{:>11}  ", name, value), kFormula, formula);
}

void PageLines::paragraph(const std::string& mark, const std::string& text) {
  text_ += wrapped(mark, mark.size(), text);
}

std::string bytes_text(double bytes) { return scaled(bytes, "B", {"k", "M", "G", "T", "P"}); }

std::string seconds_text(double seconds) {
  if (seconds >= 0.9995) return scaled(seconds, "s", {});
  return seconds >= 0.9995e-3 ? scaled(seconds * 1e3, "ms", {}) : scaled(seconds * 1e6, "us", {});
}

}  // namespace weft::sw
