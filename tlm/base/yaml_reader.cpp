#include "tlm/base/yaml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <type_traits>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"
#include "tlm/base/yaml_scalar.h"

namespace weft {
namespace {

/// The caller's range fits the type.
template <class Number, class Range>
std::optional<Number> parse_inside(const std::string& text, const Range& range, bool& is_number) {
  if constexpr (std::is_floating_point_v<Number>) {
    const auto number = parse_real(text);
    is_number = number.has_value();
    return number && range.low <= *number && *number <= range.high ? number : std::nullopt;
  } else {
    const auto number = parse_integer(text);
    is_number = number.has_value();
    if (!number || *number < range.low || *number > range.high) return std::nullopt;
    return static_cast<Number>(*number);
  }
}

template <class Range>
std::string allowed_text(const Range& range) {
  const auto bounds = fmt::format("{} to {}", range.low, range.high);
  return range.reason.empty() ? bounds : fmt::format("{} ({})", bounds, range.reason);
}

std::string kind_text(const IntegerRange&) { return "a whole number, "; }
std::string kind_text(const RealRange&) { return "a number, "; }

template <class Range>
std::string list_text(const Range& range, std::size_t least, std::size_t most) {
  const auto count = least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
  return fmt::format("a list of {} items, each {}{}", count, kind_text(range), allowed_text(range));
}

bool is_value_with_source(const YamlTree& node) { return node.is_map() && node.find("value") != nullptr; }

}  // namespace

YamlSection::YamlSection(YamlReader& reader, const YamlTree* node, std::string path)
    : reader_(&reader), node_(node), path_(std::move(path)) {
  reader_->sections_[path_].node = node_;
}

const YamlTree* YamlSection::raw(const std::string& key) const {
  const YamlTree* value = node_ ? node_->find(key) : nullptr;
  return value && !value->is_null() ? value : nullptr;
}

bool YamlSection::has(const std::string& key) { return tree(key) != nullptr; }

const YamlTree* YamlSection::tree(const std::string& key) {
  reader_->know(path_, key);
  return raw(key);
}

bool YamlSection::is_section(const std::string& key) {
  const auto* node = tree(key);
  return node && node->is_map() && !is_value_with_source(*node);
}

bool YamlSection::is_list(const std::string& key) {
  const auto* node = tree(key);
  return node && node->is_list();
}

bool YamlSection::is_word(const std::string& key) {
  const auto found = find(key, "");
  return found && found->node->is_scalar() && !parse_real(found->node->scalar);
}

std::vector<std::string> YamlSection::keys() {
  std::vector<std::string> keys;
  if (!node_) return keys;
  for (const auto& entry : node_->entries)
    if (!entry.value.is_null()) keys.push_back(entry.key);
  for (const auto& key : keys) reader_->know(path_, key);
  return keys;
}

YamlSection YamlSection::section(const std::string& key) {
  const auto* node = tree(key);
  if (node && !node->is_map()) {
    reject(key, "must be a section of keys and values");
    YamlSection broken(*reader_, nullptr, path_of(key));
    reader_->sections_[broken.path_].told_missing = true;
    return broken;
  }
  return {*reader_, node, path_of(key)};
}

std::vector<YamlSection> YamlSection::sections(const std::string& key) {
  const auto* list = tree(key);
  std::vector<YamlSection> items;
  if (!list || !list->is_list()) {
    reject(key, "must be a list of sections");
    return items;
  }
  for (std::size_t i = 0; i < list->entries.size(); ++i) {
    const auto path = fmt::format("{}[{}]", path_of(key), i);
    const YamlTree& item = list->entries[i].value;
    if (item.is_map()) {
      items.push_back({*reader_, &item, path});
    } else {
      reject(Found{&item, path, ""}, "must be a section of keys and values");
    }
  }
  return items;
}

std::optional<YamlSection::Found> YamlSection::find(const std::string& key, const std::string& allowed) {
  const auto* node = tree(key);
  Found found{node, path_of(key), ""};
  if (node && is_value_with_source(*node)) {
    YamlSection pair(*reader_, node, found.path);
    reader_->know(found.path, "value");
    if (pair.has("source")) {
      const auto* source = pair.raw("source");
      if (!source->is_scalar() || source->scalar.empty()) {
        pair.reject("source", "must be a text that names the source");
      } else {
        found.source = source->scalar;
      }
    }
    found.node = pair.raw("value");
  }
  if (found.node) return found;
  if (!allowed.empty()) missing(key, allowed);
  return std::nullopt;
}

std::optional<YamlSection::Found> YamlSection::scalar(const std::string& key, bool is_optional,
                                                      const std::string& allowed) {
  auto found = find(key, is_optional ? "" : allowed);
  if (!found || found->node->is_scalar()) return found;
  reject(*found, "allowed: " + allowed);
  return std::nullopt;
}

int YamlSection::integer(const std::string& key, const IntegerRange& range, std::optional<int> fallback) {
  return number(key, range, fallback);
}

std::int64_t YamlSection::integer64(const std::string& key, const IntegerRange& range,
                                    std::optional<std::int64_t> fallback) {
  return number(key, range, fallback);
}

double YamlSection::real(const std::string& key, const RealRange& range, std::optional<double> fallback) {
  return number(key, range, fallback);
}

template <class Number, class Range>
Number YamlSection::number(const std::string& key, const Range& range, std::optional<Number> fallback) {
  const auto allowed = kind_text(range) + allowed_text(range);
  const auto found = scalar(key, fallback.has_value(), allowed);
  if (!found) {
    if (fallback) record_default(key, fmt::format("{}", *fallback));
    return fallback.value_or(static_cast<Number>(range.high));
  }
  bool is_number = false;
  if (const auto number = parse_inside<Number>(found->node->scalar, range, is_number)) {
    record(*found, fmt::format("{}", *number));
    return *number;
  }
  reject(*found, "allowed: " + allowed);
  if (!is_number) return fallback.value_or(static_cast<Number>(range.high));
  return static_cast<Number>(*parse_real(found->node->scalar) < static_cast<double>(range.low) ? range.low
                                                                                               : range.high);
}

bool YamlSection::boolean(const std::string& key, std::optional<bool> fallback) {
  const auto found = scalar(key, fallback.has_value(), "true or false");
  if (!found) {
    if (fallback) record_default(key, *fallback ? "true" : "false");
    return fallback.value_or(false);
  }
  const auto value = parse_boolean(found->node->scalar);
  if (!value) {
    reject(*found, "allowed: true or false");
    return fallback.value_or(false);
  }
  record(*found, *value ? "true" : "false");
  return *value;
}

std::string YamlSection::text(const std::string& key, std::optional<std::string> fallback) {
  const auto found = scalar(key, fallback.has_value(), "a text");
  if (!found) {
    if (fallback) record_default(key, *fallback, true);
    return fallback.value_or("");
  }
  record(*found, found->node->scalar, true);
  return found->node->scalar;
}

template <class Number, class Range>
std::vector<Number> YamlSection::numbers(const Found& found, const Range& range, std::size_t least, std::size_t most) {
  const auto count = found.node->is_list() ? found.node->entries.size() : 0;
  std::vector<Number> numbers;
  if (!found.node->is_list() || count < least || count > most) {
    reject(found, "allowed: " + list_text(range, least, most));
    return std::vector<Number>(least, static_cast<Number>(range.low));
  }
  bool all_good = true;
  for (std::size_t i = 0; i < count; ++i) {
    const Found item{&found.node->entries[i].value, fmt::format("{}[{}]", found.path, i), ""};
    bool is_number = false;
    const auto number =
        item.node->is_scalar() ? parse_inside<Number>(item.node->scalar, range, is_number) : std::nullopt;
    if (!number) reject(item, fmt::format("allowed: {}{}", kind_text(range), allowed_text(range)));
    all_good = all_good && number;
    numbers.push_back(number.value_or(static_cast<Number>(range.low)));
  }
  if (all_good) {
    record(found, fmt::format("[{}]", fmt::join(numbers, ", ")));
  } else {
    reader_->bad_.insert(found.path);
  }
  return numbers;
}

std::vector<int> YamlSection::integers(const std::string& key, const IntegerRange& range, int max_items,
                                       int min_items) {
  const auto most = static_cast<std::size_t>(max_items), least = static_cast<std::size_t>(min_items);
  const auto found = find(key, list_text(range, least, most));
  return found ? numbers<int>(*found, range, least, most) : std::vector<int>(least, static_cast<int>(range.low));
}

std::vector<double> YamlSection::real_list(const std::string& key, const RealRange& range, int max_items,
                                           int min_items) {
  const auto most = static_cast<std::size_t>(max_items), least = static_cast<std::size_t>(min_items);
  const auto found = find(key, list_text(range, least, most));
  return found ? numbers<double>(*found, range, least, most) : std::vector<double>(least, range.low);
}

std::vector<double> YamlSection::reals(const std::string& key, const RealRange& range,
                                       const std::vector<double>& fallback) {
  const auto found = find(key, "");
  if (found) return numbers<double>(*found, range, fallback.size(), fallback.size());
  record_default(key, fmt::format("[{}]", fmt::join(fallback, ", ")));
  return fallback;
}

std::size_t YamlSection::pick(const std::string& key, const std::vector<std::string>& words,
                              std::optional<std::size_t> fallback) {
  const auto found = scalar(key, fallback.has_value(), fmt::format("one of {}", fmt::join(words, ", ")));
  if (!found) {
    if (fallback) record_default(key, words[*fallback], true);
    return fallback.value_or(0);
  }
  const auto word = found->node->scalar;
  const auto is_same = [&](const std::string& known) {
    return known.size() == word.size() && edit_distance(known, word) == 0;
  };
  const auto match = std::find_if(words.begin(), words.end(), is_same);
  if (match == words.end()) {
    reject(*found, "is not known" + suggest(word, words));
    return fallback.value_or(0);
  }
  record(*found, *match, true);
  return static_cast<std::size_t>(match - words.begin());
}

void YamlSection::without_effect(const std::string& key, const std::string& why) {
  if (const YamlTree* node = tree(key))
    reader_->notes_.push_back(fmt::format("{}: {} has no effect here: {}", reader_->source_.where(*node),
                                          node->path.empty() ? path_of(key) : node->path, why));
}

void YamlSection::not_used(const std::string& key, const std::string& why) {
  if (has(key)) reject(key, why);
}

std::string YamlSection::error_text(const std::string& key, const std::string& why) const {
  const auto* node = raw(key);
  if (node && is_value_with_source(*node)) node = node->find("value");
  if (!node) return fmt::format("{}: {}; {}", reader_->source_.where(YamlPlace{}), reader_->spelt(path_of(key)), why);
  const bool pair = node != raw(key);
  const std::string path = node->path.empty() || pair ? path_of(key) : node->path;
  return fmt::format("{}: {} is {}; {}", reader_->source_.where(*node), path, written(*node), why);
}

void YamlSection::reject(const std::string& key, const std::string& why) {
  const auto* node = raw(key);
  reader_->note(node ? node->place : YamlPlace{}, path_of(key), error_text(key, why));
}

void YamlSection::reject(const Found& found, const std::string& why) {
  const bool pair = found.node->path.size() > 6 && found.node->path == found.path + ".value";
  reader_->note(found.node->place, found.path,
                fmt::format("{}: {} is {}; {}", reader_->source_.where(*found.node), pair ? found.path : found.shown(),
                            written(*found.node), why));
}

bool YamlSection::good(const std::string& key) const { return reader_->bad_.count(path_of(key)) == 0; }

void YamlSection::refuse(const std::string& key, const std::string& why) const {
  std::string text;
  for (const auto& error : reader_->source_.errors()) text += error + "\n";
  throw UsageError(text + error_text(key, why));
}

void YamlSection::missing(const std::string& key, const std::string& allowed) {
  reader_->bad_.insert(path_of(key));
  auto& known = reader_->sections_[path_];
  if (!node_) {
    if (known.told_missing) return;
    known.told_missing = true;
    if (const auto* entry = reader_->misspelt(path_)) {
      reader_->note(entry->key_place, path_of(key),
                    fmt::format("{}: missing section {}; is '{}' meant?", reader_->source_.where(entry->key_place),
                                path_, entry->key));
      return;
    }
  }
  std::vector<std::string> present;
  if (node_) {
    for (const auto& entry : node_->entries) present.push_back(entry.key);
  }
  const auto close = nearest(key, present);
  reader_->note(node_ ? node_->place : YamlPlace{}, path_of(key),
                fmt::format("{}: missing key {}; allowed: {}{}", reader_->source_.where(node_ ? *node_ : YamlTree{}),
                            reader_->spelt(path_of(key)), allowed,
                            close && *close != key ? fmt::format("; is '{}' meant?", *close) : ""));
}

void YamlSection::record(const Found& found, std::string value, bool is_text) {
  reader_->values_.push_back(
      {found.path, std::move(value), is_text, reader_->source_.origin(found.node->place), found.source});
}

void YamlSection::record_default(const std::string& key, std::string value, bool is_text) {
  reader_->values_.push_back({path_of(key), std::move(value), is_text, "default", ""});
}

YamlReader::YamlReader(const std::string& text, const std::filesystem::path& name,
                       const std::vector<std::string>& overrides)
    : source_(text, name) {
  for (const auto& flag : overrides) source_.apply(flag);
}

YamlReader::YamlReader(YamlSource source, Spelling spelling)
    : source_(std::move(source)), spelling_(std::move(spelling)) {}

void YamlReader::know(const std::string& section_path, const std::string& key) {
  auto& keys = sections_[section_path].keys;
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
}

void YamlReader::note(const YamlPlace& place, const std::string& path, std::string text) {
  bad_.insert(path);
  source_.add_error(place, std::move(text));
}

}  // namespace weft
