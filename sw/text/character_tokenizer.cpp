#include "sw/text/character_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "sw/text/utf8.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kind = "characters";

/// Calls visit(character, offset).
template <typename Visit>
void for_each_character(std::string_view text, const std::string& name, Visit&& visit) {
  for (std::size_t offset = 0; offset < text.size();) {
    const auto point = code_point_at(text, offset);
    if (!point) refuse_byte(text, offset, name);
    visit(point->value, offset);
    offset += static_cast<std::size_t>(point->bytes);
  }
}

}  // namespace

std::string shown_character(char32_t character) {
  const bool plain = character > 0x20 && character < 0x7f;
  return plain ? fmt::format("'{}'", static_cast<char>(character))
               : fmt::format("U+{:04X}", static_cast<std::uint32_t>(character));
}

CharacterTokenizer::CharacterTokenizer(const std::vector<TextFile>& texts) {
  std::set<char32_t> found;
  for (const TextFile& file : texts)
    for_each_character(file.text, file.path.string(), [&found](char32_t value, std::size_t) { found.insert(value); });
  characters_.assign(found.begin(), found.end());
  number();
}

CharacterTokenizer::CharacterTokenizer(const std::string& json, const std::string& name) {
  const auto refuse = [&name](const std::string& why) { throw UsageError(fmt::format("{}: {}", name, why)); };
  const Json tree = Json::parse(json, nullptr, false);
  if (!tree.is_object() || tree.value("tokenizer", Json()) != kind || !tree.value("characters", Json()).is_array())
    refuse("is no vocabulary of characters that a run wrote");
  for (const Json& entry : tree.at("characters")) {
    const std::string text = entry.is_string() ? entry.get<std::string>() : "";
    const auto point = text.empty() ? std::nullopt : code_point_at(text, 0);
    if (!point || text.size() != static_cast<std::size_t>(point->bytes))
      refuse(fmt::format("character {} is {}, not one character", characters_.size(), entry.dump()));
    characters_.push_back(point->value);
  }
  if (characters_.empty()) refuse("holds no character");
  number();
  if (ids_.size() != characters_.size()) refuse("holds a character twice");
}

void CharacterTokenizer::number() {
  for (std::size_t id = 0; id < characters_.size(); ++id) ids_.emplace(characters_[id], static_cast<std::int32_t>(id));
}

std::string CharacterTokenizer::json() const {
  Json characters = Json::array();
  for (const char32_t character : characters_) characters.push_back(utf8_of(character));
  return Json{{"tokenizer", kind}, {"characters", std::move(characters)}}.dump() + "\n";
}

TokenIds CharacterTokenizer::encode(std::string_view text, const std::string& name) const {
  constexpr std::size_t most_shown = 8;
  TokenIds ids;
  ids.reserve(text.size());
  std::vector<char32_t> unknown;
  std::size_t first = 0;
  for_each_character(text, name, [&](char32_t character, std::size_t offset) {
    const auto found = ids_.find(character);
    if (found != ids_.end()) return ids.push_back(found->second);
    if (unknown.empty()) first = offset;
    if (std::find(unknown.begin(), unknown.end(), character) == unknown.end()) unknown.push_back(character);
  });
  if (unknown.empty()) return ids;
  std::string others;
  for (std::size_t which = 1; which < std::min(unknown.size(), most_shown); ++which)
    others += fmt::format("{}{}", which == 1 ? "; nor are " : ", ", shown_character(unknown[which]));
  throw UsageError(fmt::format("{}: {} at offset {} is none of the vocabulary's {} characters{}{}", name,
                               shown_character(unknown.front()), first, size(), others,
                               unknown.size() > most_shown ? " ..." : ""));
}

std::string CharacterTokenizer::decode(const TokenIds& ids) const {
  std::string text;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= size())
      throw UsageError(fmt::format("token {} is outside the vocabulary, 0 to {}", id, size() - 1));
    text += utf8_of(characters_[static_cast<std::size_t>(id)]);
  }
  return text;
}

std::string CharacterTokenizer::shown(std::int32_t id) const {
  return shown_character(characters_.at(static_cast<std::size_t>(id)));
}

}  // namespace weft::sw
