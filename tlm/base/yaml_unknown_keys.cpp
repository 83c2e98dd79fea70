// The part of the reader that names what nobody asked for, and what was meant.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"
#include "tlm/base/yaml_reader.h"

namespace weft {

const YamlEntry* YamlReader::misspelt(const std::string& section_path) const {
  const auto dot = section_path.rfind('.');
  const std::string leaf = dot == std::string::npos ? section_path : section_path.substr(dot + 1);
  const auto parent = sections_.find(dot == std::string::npos ? "" : section_path.substr(0, dot));
  if (parent == sections_.end() || !parent->second.node) return nullptr;
  for (const auto& entry : parent->second.node->entries) {
    // Closer than nearest(): train_input is no misspelt eval_input.
    const auto longest = static_cast<int>(std::max(entry.key.size(), leaf.size()));
    if (entry.key != leaf && 3 * edit_distance(entry.key, leaf) <= longest) return &entry;
  }
  return nullptr;
}

std::string YamlReader::unknown_key(const std::string& section_path, const KnownSection& section,
                                    const YamlEntry& entry) const {
  const auto& name = entry.key;
  const std::string path = !entry.value.path.empty() ? entry.value.path
                           : section_path.empty()    ? name
                                                     : section_path + "." + name;
  auto hint = suggest(name, section.keys);
  if (!nearest(name, section.keys)) {
    for (const auto& [other_path, other] : sections_) {
      const bool is_there = std::find(other.keys.begin(), other.keys.end(), name) != other.keys.end();
      if (is_there) hint = fmt::format("; nearest: {}.{}", other_path, name);
    }
  }
  const bool in_file = entry.key_place.line > 0;
  return fmt::format("{}: unknown key {}{}", in_file ? source_.where(entry.key_place) : source_.where(entry.value),
                     path, hint);
}

void YamlReader::finish() {
  for (const auto& [path, section] : sections_) {
    if (!section.node) continue;
    for (const auto& entry : section.node->entries) {
      const bool is_known = std::find(section.keys.begin(), section.keys.end(), entry.key) != section.keys.end();
      const bool is_harmless = YamlSource::is_unwritten(entry.value) || (path.empty() && source_.lends(entry.key));
      if (!is_known && !is_harmless) source_.add_error(entry.key_place, unknown_key(path, section, entry));
    }
  }
  stop_at_errors();
}

void YamlReader::stop_at_errors() const {
  const auto texts = source_.errors();
  if (!texts.empty()) throw UsageError(fmt::format("{}", fmt::join(texts, "\n")));
}

}  // namespace weft
