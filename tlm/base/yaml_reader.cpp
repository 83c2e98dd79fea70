#include "tlm/base/yaml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft {
namespace {

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(number)) return std::nullopt;
  }
  return number;
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

template <class Number, class Range>
bool is_inside(Number number, const Range& range) {
  return range.low <= number && number <= range.high;
}

/// How a message quotes what was written.
std::string written(const YAML::Node& node) {
  if (node.IsScalar()) return "'" + node.Scalar() + "'";
  if (node.IsSequence()) return "a list";
  return node.IsMap() ? "a section" : "not written";
}

bool is_value_with_source(const YAML::Node& node) { return node.IsMap() && node["value"].IsDefined(); }

}  // namespace

YamlSection::YamlSection(YamlReader& reader, const YAML::Node& node, std::string path)
    : reader_(&reader), node_(node), path_(std::move(path)) {
  reader_->sections_[path_].node.reset(node_);
}

YAML::Node YamlSection::raw(const std::string& key) const {
  if (!node_.IsMap()) return YAML::Node();
  const YAML::Node& map = node_;
  const auto child = map[key];
  return child.IsDefined() ? child : YAML::Node();
}

bool YamlSection::has(const std::string& key) {
  reader_->know(path_, key);
  return !raw(key).IsNull();
}

bool YamlSection::is_section(const std::string& key) {
  reader_->know(path_, key);
  const auto node = raw(key);
  return node.IsMap() && !is_value_with_source(node);
}

bool YamlSection::is_list(const std::string& key) {
  reader_->know(path_, key);
  return raw(key).IsSequence();
}

bool YamlSection::is_word(const std::string& key) {
  const auto found = find(key, true, "");
  return found && found->node.IsScalar() && !parse_number<double>(found->node.Scalar());
}

std::vector<std::string> YamlSection::keys() {
  std::vector<std::string> keys;
  if (!node_.IsMap()) return keys;
  for (const auto& entry : node_) keys.push_back(entry.first.Scalar());
  for (const auto& key : keys) reader_->know(path_, key);
  return keys;
}

YamlSection YamlSection::section(const std::string& key) {
  reader_->know(path_, key);
  const auto node = raw(key);
  if (!node.IsNull() && !node.IsMap()) refuse(key, "must be a section of keys and values");
  return {*reader_, node, path_of(key)};
}

std::vector<YamlSection> YamlSection::sections(const std::string& key) {
  reader_->know(path_, key);
  const auto list = raw(key);
  if (!list.IsSequence()) refuse(key, "must be a list of sections");
  std::vector<YamlSection> items;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto path = fmt::format("{}[{}]", path_of(key), i);
    if (!list[i].IsMap()) refuse(plain(list[i], path), "must be a section of keys and values");
    items.push_back({*reader_, list[i], path});
  }
  return items;
}

std::optional<YamlSection::Found> YamlSection::find(const std::string& key, bool is_optional,
                                                    const std::string& allowed) {
  reader_->know(path_, key);
  Found found = plain(raw(key), path_of(key));
  if (is_value_with_source(found.node)) {
    YamlSection pair(*reader_, found.node, found.path);
    reader_->know(found.path, "value");
    if (pair.has("source")) {
      const auto source = pair.raw("source");
      if (!source.IsScalar() || source.Scalar().empty()) pair.refuse("source", "must be a text that names the source");
      found.source = source.Scalar();
    }
    found.written_at += ".value";
    found.node.reset(pair.raw("value"));
  }
  if (!found.node.IsNull()) return found;
  if (!is_optional) missing(key, allowed);
  return std::nullopt;
}

std::optional<YamlSection::Found> YamlSection::scalar(const std::string& key, bool is_optional,
                                                      const std::string& allowed) {
  auto found = find(key, is_optional, allowed);
  if (found && !found->node.IsScalar()) refuse(*found, "allowed: " + allowed);
  return found;
}

int YamlSection::integer(const std::string& key, const IntegerRange& range, std::optional<int> fallback) {
  constexpr std::int64_t kLow = std::numeric_limits<int>::min(), kHigh = std::numeric_limits<int>::max();
  const IntegerRange narrow{std::max(range.low, kLow), std::min(range.high, kHigh), range.reason};
  return static_cast<int>(integer64(key, narrow, fallback));
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
    record_default(key, fmt::format("{}", *fallback));
    return *fallback;
  }
  const auto number = parse_number<Number>(found->node.Scalar());
  if (!number || !is_inside(*number, range)) refuse(*found, "allowed: " + allowed);
  record(*found, fmt::format("{}", *number));
  return *number;
}

bool YamlSection::boolean(const std::string& key, std::optional<bool> fallback) {
  const auto found = scalar(key, fallback.has_value(), "true or false");
  if (!found) {
    record_default(key, *fallback ? "true" : "false");
    return *fallback;
  }
  bool value = false;
  if (!YAML::convert<bool>::decode(found->node, value)) refuse(*found, "allowed: true or false");
  record(*found, value ? "true" : "false");
  return value;
}

std::string YamlSection::text(const std::string& key, std::optional<std::string> fallback) {
  const auto found = scalar(key, fallback.has_value(), "a text");
  if (!found) {
    record_default(key, *fallback, true);
    return *fallback;
  }
  record(*found, found->node.Scalar(), true);
  return found->node.Scalar();
}

template <class Number, class Range>
std::vector<Number> YamlSection::numbers(const Found& found, const Range& range, std::size_t least, std::size_t most) {
  const auto count = found.node.IsSequence() ? found.node.size() : 0;
  if (!found.node.IsSequence() || count < least || count > most)
    refuse(found, "allowed: " + list_text(range, least, most));
  std::vector<Number> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    const Found item{found.node[i], fmt::format("{}[{}]", found.path, i), found.written_at, ""};
    const auto number = item.node.IsScalar() ? parse_number<Number>(item.node.Scalar()) : std::nullopt;
    if (!number || !is_inside(*number, range)) {
      refuse(item, fmt::format("allowed: {}{}", kind_text(range), allowed_text(range)));
    }
    numbers.push_back(*number);
  }
  record(found, fmt::format("[{}]", fmt::join(numbers, ", ")));
  return numbers;
}

std::vector<int> YamlSection::integers(const std::string& key, const IntegerRange& range, int max_items,
                                       int min_items) {
  const auto most = static_cast<std::size_t>(max_items), least = static_cast<std::size_t>(min_items);
  return numbers<int>(*find(key, false, list_text(range, least, most)), range, least, most);
}

std::vector<double> YamlSection::reals(const std::string& key, const RealRange& range,
                                       const std::vector<double>& fallback) {
  const auto found = find(key, true, "");
  if (found) return numbers<double>(*found, range, fallback.size(), fallback.size());
  record_default(key, fmt::format("[{}]", fmt::join(fallback, ", ")));
  return fallback;
}

std::size_t YamlSection::pick(const std::string& key, const std::vector<std::string>& words,
                              std::optional<std::size_t> fallback) {
  const auto found = scalar(key, fallback.has_value(), fmt::format("one of {}", fmt::join(words, ", ")));
  if (!found) {
    record_default(key, words[*fallback], true);
    return *fallback;
  }
  const auto word = found->node.Scalar();
  const auto is_same = [&](const std::string& known) {
    return known.size() == word.size() && edit_distance(known, word) == 0;
  };
  const auto match = std::find_if(words.begin(), words.end(), is_same);
  if (match == words.end()) refuse(*found, "is not known" + suggest(word, words));
  record(*found, *match, true);
  return static_cast<std::size_t>(match - words.begin());
}

void YamlSection::not_used(const std::string& key, const std::string& why) {
  if (has(key)) refuse(key, why);
}

void YamlSection::refuse(const std::string& key, const std::string& why) const {
  const auto node = raw(key);
  if (is_value_with_source(node)) refuse(Found{node["value"], path_of(key), path_of(key) + ".value", ""}, why);
  refuse(plain(node, path_of(key)), why);
}

void YamlSection::refuse(const Found& found, const std::string& why) const {
  throw UsageError(fmt::format("{}: {} is {}; {}", reader_->source_.where(found.written_at, found.node), found.path,
                               written(found.node), why));
}

void YamlSection::missing(const std::string& key, const std::string& allowed) const {
  if (!node_.IsMap()) {
    if (const auto written = reader_->misspelt(path_))
      throw UsageError(fmt::format("{}: missing section {}; is '{}' meant?", reader_->source_.where(path_, *written),
                                   path_, written->Scalar()));
  }
  std::vector<std::string> present;
  if (node_.IsMap()) {
    for (const auto& entry : node_) present.push_back(entry.first.Scalar());
  }
  const auto close = nearest(key, present);
  throw UsageError(fmt::format("{}: missing key {}; allowed: {}{}", reader_->source_.where(path_, node_), path_of(key),
                               allowed, close && *close != key ? fmt::format("; is '{}' meant?", *close) : ""));
}

void YamlSection::record(const Found& found, std::string value, bool is_text) {
  const auto origin = reader_->source_.origin(found.written_at, found.node);
  reader_->values_.push_back({found.path, std::move(value), is_text, origin, found.source});
}

void YamlSection::record_default(const std::string& key, std::string value, bool is_text) {
  reader_->values_.push_back({path_of(key), std::move(value), is_text, "default", ""});
}

YamlReader::YamlReader(const std::string& text, const std::filesystem::path& name,
                       const std::vector<std::string>& overrides)
    : source_(text, name, overrides) {}

void YamlReader::know(const std::string& section_path, const std::string& key) {
  auto& keys = sections_[section_path].keys;
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
}

std::optional<YAML::Node> YamlReader::misspelt(const std::string& section_path) const {
  const auto dot = section_path.rfind('.');
  const std::string leaf = dot == std::string::npos ? section_path : section_path.substr(dot + 1);
  const auto parent = sections_.find(dot == std::string::npos ? "" : section_path.substr(0, dot));
  if (parent == sections_.end() || !parent->second.node.IsMap()) return std::nullopt;
  for (const auto& entry : parent->second.node) {
    const std::string& name = entry.first.Scalar();
    // Closer than nearest(): train_input is no misspelt eval_input.
    const auto longest = static_cast<int>(std::max(name.size(), leaf.size()));
    if (name != leaf && 3 * edit_distance(name, leaf) <= longest) return entry.first;
  }
  return std::nullopt;
}

std::string YamlReader::unknown_key(const std::string& section_path, const KnownSection& section,
                                    const YAML::Node& key) const {
  const auto& name = key.Scalar();
  const std::string path = section_path.empty() ? name : section_path + "." + name;
  auto hint = suggest(name, section.keys);
  if (!nearest(name, section.keys)) {
    for (const auto& [other_path, other] : sections_) {
      const bool is_there = std::find(other.keys.begin(), other.keys.end(), name) != other.keys.end();
      if (is_there) hint = fmt::format("; nearest: {}.{}", other_path, name);
    }
  }
  return fmt::format("{}: unknown key {}{}", source_.where(path, key), path, hint);
}

void YamlReader::finish() const {
  std::vector<std::string> errors;
  for (const auto& [path, section] : sections_) {
    if (!section.node.IsMap()) continue;
    for (const auto& entry : section.node) {
      const bool is_known =
          std::find(section.keys.begin(), section.keys.end(), entry.first.Scalar()) != section.keys.end();
      if (!is_known) errors.push_back(unknown_key(path, section, entry.first));
    }
  }
  if (!errors.empty()) throw UsageError(fmt::format("{}", fmt::join(errors, "\n")));
}

}  // namespace weft
