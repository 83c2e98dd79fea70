#include "sw/text/utf8.h"

#include <fmt/format.h>

#include "tlm/base/error.h"

namespace weft::sw {

std::optional<CodePoint> code_point_at(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[offset + index]); };
  const unsigned first = byte(0);
  if (first < 0x80) return CodePoint{first, 1};
  const int bytes = first >> 5 == 0b110 ? 2 : first >> 4 == 0b1110 ? 3 : first >> 3 == 0b11110 ? 4 : 0;
  if (bytes == 0 || text.size() - offset < static_cast<std::size_t>(bytes)) return {};
  char32_t value = first & (0x7fU >> bytes);
  for (int index = 1; index < bytes; ++index) {
    if (byte(static_cast<std::size_t>(index)) >> 6 != 0b10) return {};
    value = value << 6 | (byte(static_cast<std::size_t>(index)) & 0x3fU);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < least[bytes] || value > 0x10ffff || surrogate) return {};
  return CodePoint{value, bytes};
}

std::string utf8_of(char32_t code_point) {
  const auto tail = [code_point](int shift) { return static_cast<char>(0x80U | (code_point >> shift & 0x3fU)); };
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  if (code_point < 0x800) return {static_cast<char>(0xc0U | code_point >> 6), tail(0)};
  if (code_point < 0x10000) return {static_cast<char>(0xe0U | code_point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0U | code_point >> 18), tail(12), tail(6), tail(0)};
}

void refuse_byte(std::string_view text, std::size_t offset, const std::string& name) {
  throw UsageError(fmt::format("{}: byte 0x{:02x} at offset {} is not UTF-8", name,
                               static_cast<unsigned char>(text[offset]), offset));
}

void require_utf8(std::string_view text, const std::string& name) {
  for (std::size_t offset = 0; offset < text.size();) {
    const auto point = code_point_at(text, offset);
    if (!point) refuse_byte(text, offset, name);
    offset += static_cast<std::size_t>(point->bytes);
  }
}

}  // namespace weft::sw
