#include "tlm/base/yaml_scalar.h"

#include <cctype>
#include <charconv>
#include <cmath>

namespace weft {
namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// Without a leading plus and without the underscores that part digits.
std::string bare(std::string text) {
  for (std::size_t i = 1; i + 1 < text.size(); ++i)
    if (text[i] == '_' && is_digit(text[i - 1]) && is_digit(text[i + 1])) text.erase(i, 1);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.erase(0, 1);
  return text;
}

template <class Number>
std::optional<Number> whole_text(const std::string& text) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

std::optional<double> parse_real(const std::string& text) {
  const auto number = whole_text<double>(bare(text));
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<std::int64_t> parse_integer(const std::string& text) {
  if (const auto number = whole_text<std::int64_t>(bare(text))) return number;
  constexpr double exact = 9'007'199'254'740'992;  // 2^53: below it a double holds every whole number
  const auto real = parse_real(text);
  if (!real || std::trunc(*real) != *real || std::abs(*real) > exact) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

std::optional<bool> parse_boolean(const std::string& text) {
  std::string low;
  for (const char letter : text) low += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  for (const auto* yes : {"true", "yes", "on", "y"})
    if (low == yes) return true;
  for (const auto* no : {"false", "no", "off", "n"})
    if (low == no) return false;
  return std::nullopt;
}

}  // namespace weft
