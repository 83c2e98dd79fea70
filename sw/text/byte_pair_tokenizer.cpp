#include "sw/text/byte_pair_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "sw/text/text_files.h"
#include "sw/text/utf8.h"
#include "sw/text/word_pattern.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw UsageError(fmt::format("{}: {}", path.string(), why));
}

/// The files write a byte as a character that can be seen: itself, if it can, else the next from U+0100 on.
std::map<char32_t, char> bytes_of_characters() {
  std::map<char32_t, char> bytes;
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const bool seen = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    bytes.emplace(seen ? static_cast<char32_t>(byte) : next++, static_cast<char>(byte));
  }
  return bytes;
}

/// Its bytes; none if a character stands for none (<|endoftext|> is made of such that do).
std::optional<std::string> bytes_of(std::string_view written) {
  static const std::map<char32_t, char> table = bytes_of_characters();
  std::string bytes;
  for (std::size_t offset = 0; offset < written.size();) {
    const auto point = code_point_at(written, offset);
    const auto found = point ? table.find(point->value) : table.end();
    if (found == table.end()) return {};
    bytes += found->second;
    offset += static_cast<std::size_t>(point->bytes);
  }
  return bytes;
}

constexpr const char* end_of_text_word = "<|endoftext|>";

}  // namespace

BytePairTokenizer::BytePairTokenizer(const fs::path& encoder, const fs::path& merges)
    : pattern_(std::make_unique<WordPattern>()) {
  read_encoder(encoder);
  read_merges(merges);
}

BytePairTokenizer::~BytePairTokenizer() = default;

void BytePairTokenizer::read_encoder(const fs::path& path) {
  const nlohmann::json tree = nlohmann::json::parse(read_whole_file(path), nullptr, false);
  if (!tree.is_object() || tree.empty()) refuse(path, "is no object of tokens and their ids");
  constexpr const char* no_token = "";
  tokens_.assign(tree.size(), no_token);
  for (const auto& [written, id] : tree.items()) {
    const auto bytes = bytes_of(written);
    if (!bytes || bytes->empty()) refuse(path, fmt::format("token \"{}\" does not stand for bytes", written));
    if (!id.is_number_integer() || id < 0 || id >= tree.size())
      refuse(path, fmt::format("token \"{}\" has the id {}; {} tokens have 0 to {}", written, id.dump(), tree.size(),
                               tree.size() - 1));
    std::string& token = tokens_[id.get<std::size_t>()];
    if (token != no_token) refuse(path, fmt::format("id {} is that of two tokens", id.dump()));
    token = *bytes;
    ids_.emplace(*bytes, id.get<std::int32_t>());
  }
  for (std::size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    const auto found = ids_.find(std::string(1, static_cast<char>(byte)));
    if (found == ids_.end()) refuse(path, fmt::format("byte 0x{:02x} has no token", byte));
    byte_ids_[byte] = found->second;
  }
  if (const auto end = ids_.find(end_of_text_word); end != ids_.end()) end_of_text_ = end->second;
}

void BytePairTokenizer::read_merges(const fs::path& path) {
  const std::string text = read_whole_file(path);
  std::size_t line_number = 0, rank = 0;
  for (std::size_t begin = 0; begin < text.size(); ++line_number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line(text.data() + begin, end - begin);
    begin = end + 1;
    if (line.empty() || (line_number == 0 && line.rfind("#version", 0) == 0)) continue;
    const auto id_of = [&](std::string_view written) {
      const auto bytes = bytes_of(written);
      const auto found = bytes ? ids_.find(*bytes) : ids_.end();
      if (found == ids_.end())
        refuse(path, fmt::format("line {}: \"{}\" is no token of the vocabulary", line_number + 1, written));
      return found->second;
    };
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || line.find(' ', blank + 1) != std::string_view::npos)
      refuse(path, fmt::format("line {}: \"{}\" is no pair of tokens", line_number + 1, line));
    const std::string_view left = line.substr(0, blank), right = line.substr(blank + 1);
    // Of a pair that stands there twice the last counts, as in the published dictionary.
    merges_[pair_of(id_of(left), id_of(right))] = {rank++, id_of(std::string(left) + std::string(right))};
  }
  if (merges_.empty()) refuse(path, "holds no pair");
}

TokenIds BytePairTokenizer::word(std::string_view bytes) const {
  TokenIds parts;
  for (const char byte : bytes) parts.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
  while (parts.size() > 1) {
    const Merge* first = nullptr;
    std::uint64_t pair = 0;
    for (std::size_t place = 0; place + 1 < parts.size(); ++place) {
      const std::uint64_t here = pair_of(parts[place], parts[place + 1]);
      const auto found = merges_.find(here);
      if (found == merges_.end() || (first && found->second.rank >= first->rank)) continue;
      first = &found->second;
      pair = here;
    }
    if (!first) break;
    std::size_t kept = 0;
    for (std::size_t place = 0; place < parts.size(); ++kept) {
      const bool joins = place + 1 < parts.size() && pair_of(parts[place], parts[place + 1]) == pair;
      parts[kept] = joins ? first->whole : parts[place];
      place += joins ? 2 : 1;
    }
    parts.resize(kept);
  }
  return parts;
}

TokenIds BytePairTokenizer::encode(std::string_view text, const std::string& name) const {
  require_utf8(text, name);
  TokenIds ids;
  std::unordered_map<std::string_view, TokenIds> known;
  for (std::size_t offset = 0; offset < text.size();) {
    const std::string_view bytes = text.substr(offset, pattern_->length_at(text, offset, name));
    const auto [found, is_new] = known.try_emplace(bytes);
    if (is_new) found->second = word(bytes);
    ids.insert(ids.end(), found->second.begin(), found->second.end());
    offset += bytes.size();
  }
  return ids;
}

std::string BytePairTokenizer::decode(const TokenIds& ids) const {
  std::string text;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= size())
      throw UsageError(fmt::format("token {} is outside the vocabulary, 0 to {}", id, size() - 1));
    text += tokens_[static_cast<std::size_t>(id)];
  }
  return text;
}

std::string BytePairTokenizer::shown(std::int32_t id) const {
  return nlohmann::json(tokens_.at(static_cast<std::size_t>(id)))
      .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace weft::sw
