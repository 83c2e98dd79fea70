#pragma once
// UTF-8 as code points (source: RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
#include <optional>
#include <string>
#include <string_view>

namespace weft::sw {

struct CodePoint {
  char32_t value = 0;
  int bytes = 0;  ///< 1 to 4
};

/// The code point that begins at `offset`; none: no UTF-8 begins there. Precondition: offset < text.size().
std::optional<CodePoint> code_point_at(std::string_view text, std::size_t offset);

/// Precondition: a code point that UTF-8 can hold.
std::string utf8_of(char32_t code_point);

/// Throws UsageError: "<name>: byte 0xff at offset 12 is not UTF-8".
[[noreturn]] void refuse_byte(std::string_view text, std::size_t offset, const std::string& name);

/// As refuse_byte() for the first byte that is wrong. Returns if there is none.
void require_utf8(std::string_view text, const std::string& name);

}  // namespace weft::sw
