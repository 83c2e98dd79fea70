#pragma once
// GPT-2's tokenizer: a text is cut into words by a pattern, a word's bytes are joined pair by pair.
// Source: Radford et al. 2019, openai/gpt-2 src/encoder.py.
#include <array>
#include <filesystem>
#include <memory>
#include <unordered_map>

#include "sw/text/tokenizer.h"

namespace weft::sw {

class WordPattern;

class BytePairTokenizer final : public Tokenizer {
 public:
  /// Reads encoder.json (token -> id) and vocab.bpe (a pair a line, those that are joined first come first) as they are
  /// published. Throws UsageError that names the file: not there, no such file's content, ids with a gap, a byte
  /// without a token, a pair (with its line) of which a part or the whole is no token.
  BytePairTokenizer(const std::filesystem::path& encoder, const std::filesystem::path& merges);
  ~BytePairTokenizer() override;

  int size() const override { return static_cast<int>(tokens_.size()); }
  /// What the text says of <|endoftext|> is text, too, not that token.
  TokenIds encode(std::string_view text, const std::string& name) const override;
  std::string decode(const TokenIds& ids) const override;
  std::optional<std::int32_t> end_of_text() const override { return end_of_text_; }
  std::string shown(std::int32_t id) const override;

 private:
  struct Merge {
    std::size_t rank;  ///< the lowest goes first
    std::int32_t whole;
  };
  static std::uint64_t pair_of(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }
  void read_encoder(const std::filesystem::path& path);
  void read_merges(const std::filesystem::path& path);
  TokenIds word(std::string_view bytes) const;

  std::vector<std::string> tokens_;  ///< bytes, by id
  std::unordered_map<std::string, std::int32_t> ids_;
  std::array<std::int32_t, 256> byte_ids_{};
  std::unordered_map<std::uint64_t, Merge> merges_;
  std::optional<std::int32_t> end_of_text_;
  std::unique_ptr<WordPattern> pattern_;
};

}  // namespace weft::sw
