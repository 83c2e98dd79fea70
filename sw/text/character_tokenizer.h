#pragma once
// A token is a character: a Unicode code point.
#include <unordered_map>

#include "sw/text/text_files.h"
#include "sw/text/tokenizer.h"

namespace weft::sw {

class CharacterTokenizer final : public Tokenizer {
 public:
  /// The characters of `texts`, sorted by code point: an id is a character's place among them.
  /// Throws UsageError with file and offset for what is not UTF-8.
  explicit CharacterTokenizer(const std::vector<TextFile>& texts);

  /// What json() gave. Throws UsageError that begins with `name`: not that, a character twice or none.
  CharacterTokenizer(const std::string& json, const std::string& name);

  /// {"tokenizer": "characters", "characters": ["\n", " ", "a", ...]}.
  std::string json() const override;

  int size() const override { return static_cast<int>(characters_.size()); }
  TokenIds encode(std::string_view text, const std::string& name) const override;
  std::string decode(const TokenIds& ids) const override;
  std::string shown(std::int32_t id) const override;

 private:
  void number();

  std::u32string characters_;  ///< by id
  std::unordered_map<char32_t, std::int32_t> ids_;
};

/// "'a'", or "U+000A" for what a line of a message cannot show.
std::string shown_character(char32_t character);

}  // namespace weft::sw
