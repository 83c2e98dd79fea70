#define PCRE2_CODE_UNIT_WIDTH 8
#include "sw/text/word_pattern.h"

#include <fmt/format.h>
#include <pcre2.h>

#include <array>

#include "tlm/base/error.h"

namespace weft::sw {

namespace {

/// Source: openai/gpt-2 src/encoder.py. Its \s is Unicode's White_Space; PCRE2's own takes U+180E, too, so the class is
/// written out.
std::string pattern() {
  const std::string blank = R"(\x09-\x0d\x{85}\p{Z})";
  return R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^)" + blank + R"(\p{L}\p{N}]+|[)" + blank + "]+(?![^" + blank +
         "])|[" + blank + "]+";
}

std::string error_text(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

}  // namespace

struct WordPattern::Compiled {
  std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> code{nullptr, pcre2_code_free};
};

WordPattern::WordPattern() : compiled_(std::make_unique<Compiled>()) {
  int error = 0;
  PCRE2_SIZE at = 0;
  const std::string text = pattern();
  compiled_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), PCRE2_UTF | PCRE2_UCP,
                                      &error, &at, nullptr));
  if (!compiled_->code)
    throw SimulationError(fmt::format("PCRE2 refuses GPT-2's pattern at {}: {}", at, error_text(error)));
  pcre2_jit_compile(compiled_->code.get(), PCRE2_JIT_COMPLETE);  // where there is none it is slower, and as good
}

WordPattern::~WordPattern() = default;

std::size_t WordPattern::length_at(std::string_view text, std::size_t offset, const std::string& name) const {
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(pcre2_match_data_create(1, nullptr),
                                                                                  pcre2_match_data_free);
  const int found = pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), offset,
                                PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, match.get(), nullptr);
  if (found < 0) throw UsageError(fmt::format("{}: no word at offset {}: {}", name, offset, error_text(found)));
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(match.get());
  return ends[1] - ends[0];
}

}  // namespace weft::sw
