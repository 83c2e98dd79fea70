#pragma once
// GPT-2's words: contractions, letters, numbers, other signs, each with one blank before it, and runs of blanks.
#include <memory>
#include <string>
#include <string_view>

namespace weft::sw {

class WordPattern {
 public:
  WordPattern();
  ~WordPattern();

  /// Bytes of the word at `offset`; every character belongs to one. Precondition: `text` is UTF-8, offset < its size.
  /// Throws UsageError that begins with `name` for a word that is too long to be matched.
  std::size_t length_at(std::string_view text, std::size_t offset, const std::string& name) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace weft::sw
