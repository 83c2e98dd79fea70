#pragma once
// Texts as rows of token ids, and back.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::sw {

using TokenIds = std::vector<std::int32_t>;

/// Deterministic, and free of state that a call could change. decode(encode(text)) is `text`, byte by byte.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Ids are 0 to size() - 1.
  virtual int size() const = 0;

  /// `text` is UTF-8; `name` is where it comes from, for messages. Throws UsageError with name and offset in bytes: not
  /// UTF-8, or a character that has no id.
  virtual TokenIds encode(std::string_view text, const std::string& name) const = 0;

  /// The bytes of the tokens one behind the other, which need not be UTF-8 where a token is a part of a character.
  /// Throws UsageError for an id outside the vocabulary.
  virtual std::string decode(const TokenIds& ids) const = 0;

  /// What stands between documents; none: nothing does.
  virtual std::optional<std::int32_t> end_of_text() const { return {}; }

  /// The vocabulary, to be kept in a run's folder; empty: files that are there before a run say it.
  virtual std::string json() const { return {}; }

  /// The token as a message shows it.
  virtual std::string shown(std::int32_t id) const = 0;
};

}  // namespace weft::sw
