#include "sw/text/text_sequences.h"

#include <algorithm>
#include <cmath>

namespace weft::sw {

TokenIds row_of(const std::vector<TextFile>& texts, const Tokenizer& tokenizer) {
  TokenIds row;
  for (const TextFile& file : texts) {
    const TokenIds ids = tokenizer.encode(file.text, file.path.string());
    row.insert(row.end(), ids.begin(), ids.end());
    if (const auto end = tokenizer.end_of_text()) row.push_back(*end);
  }
  return row;
}

std::int64_t whole_sequences(std::int64_t tokens, int length) { return tokens < 1 ? 0 : (tokens - 1) / length; }

std::int64_t held_out_sequences(std::int64_t sequences, double share) {
  if (share == 0 || sequences == 0) return 0;
  return std::max<std::int64_t>(1, std::llround(share * static_cast<double>(sequences)));
}

hw::TokenSequences sequences_of(const TokenIds& row, int length, std::int64_t first, std::int64_t last) {
  const auto begin = row.begin() + first * length, end = row.begin() + last * length;
  return {length, {begin, end}, {begin + 1, end + 1}};
}

hw::TokenSequences masked_sequences_of(const TokenIds& row, int length, std::int64_t first, std::int64_t last) {
  const auto begin = row.begin() + first * length, end = row.begin() + last * length;
  return {length, {begin, end}, {begin, end}};
}

}  // namespace weft::sw
