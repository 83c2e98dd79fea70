#include "sw/frontend/style_translation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sw/frontend/model_keys.h"
#include "sw/frontend/trainer_style.h"
#include "tlm/base/nearest.h"

namespace weft::sw {
namespace {

/// Takes the value at a.b.c away, and the sections that it leaves empty. A name may itself have dots
/// (csx.performance.micro_batch_size).
bool take_at(YamlTree& section, const std::string& path, YamlTree& taken) {
  for (std::size_t i = 0; i < section.entries.size() && section.is_map(); ++i) {
    YamlEntry& entry = section.entries[i];
    const auto here = section.entries.begin() + static_cast<std::ptrdiff_t>(i);
    if (entry.key == path) {
      taken = std::move(entry.value);
      section.entries.erase(here);
      return true;
    }
    const bool leads = path.size() > entry.key.size() && path[entry.key.size()] == '.' && path.rfind(entry.key, 0) == 0;
    if (!leads || !take_at(entry.value, path.substr(entry.key.size() + 1), taken)) continue;
    if (entry.value.entries.empty()) section.entries.erase(here);
    return true;
  }
  return false;
}

YamlTree& made_at(YamlTree& root, const std::string& path) {
  YamlTree* at = &root;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    at = &at->at(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return *at;
}

bool same_word(const std::string& a, const std::string& b) { return a.size() == b.size() && edit_distance(a, b) == 0; }

}  // namespace

StyleTranslation::StyleTranslation(YamlSource& source)
    : source_(source), trainer_style_(source.root().find("trainer") != nullptr) {
  if (is_huggingface(source.root())) translate_huggingface(source, notes_, standing_);
  translate(false);
}

void StyleTranslation::apply(const std::string& override_text) {
  source_.apply(override_text);
  translate(true);
  for (const StandingNote& standing : standing_) withdraw(standing, source_.root());
}

void StyleTranslation::translate(bool overwrite) {
  std::vector<std::pair<YamlTree, std::string>> taken_away;
  flatten_trainer(source_, taken_away);
  for (const auto& [value, why] : taken_away) note(value, value.path, why);
  for (const ModelKey& key : model_keys()) {
    if (key.use != KeyUse::honoured) take(key.path, key, overwrite);
    for (const std::string& spelling : key.spellings) take(spelling, key, overwrite);
  }
  if (const YamlTree* rest = source_.root().find("trainer")) {
    report_unknown(*rest, "trainer");
    source_.root().erase("trainer");
  }
}

void StyleTranslation::take(const std::string& spelling, const ModelKey& key, bool overwrite) {
  YamlTree value;
  if (!take_at(source_.root(), spelling, value)) return;
  if (value.is_null() && (key.use != KeyUse::honoured || !overwrite)) return;
  switch (key.use) {
    case KeyUse::no_effect:
      note(value, value.path, key.text);
      return;
    case KeyUse::only:
      if (value.is_scalar() && same_word(value.scalar, key.values)) return;
      [[fallthrough]];
    case KeyUse::refused:
      source_.add_error(value.place,
                        fmt::format("{}: {} is {}; {}{}", source_.where(value), value.path, written(value),
                                    key.use == KeyUse::only ? "allowed: " + key.values + "; " : "", key.text));
      return;
    case KeyUse::honoured:
      break;
  }
  YamlTree& there = made_at(source_.root(), key.path);
  if (overwrite || there.is_null()) {
    there = std::move(value);
  } else if (!there.same_values(value)) {
    source_.add_error(value.place, fmt::format("{}: {} is {}, but {} is {} ({})", source_.where(value), value.path,
                                               written(value), there.path, written(there), source_.where(there)));
  }
}

std::vector<std::string> StyleTranslation::notes() const {
  std::vector<std::string> all = notes_;
  for (const StandingNote& standing : standing_) {
    const std::string text = text_of(standing, source_.root());
    if (!text.empty()) all.push_back(text);
  }
  return all;
}

void StyleTranslation::note(const YamlTree& value, const std::string& path, const std::string& why) {
  notes_.push_back(fmt::format("{}: {} has no effect here: {}", source_.where(value), path, why));
}

void StyleTranslation::report_unknown(const YamlTree& section, const std::string& path) {
  for (const YamlEntry& entry : section.entries) {
    const std::string inside = path + "." + entry.key;
    std::vector<std::string> siblings;
    bool known_section = false;
    for (const ModelKey& key : model_keys()) {
      for (const std::string& spelling : key.spellings) {
        known_section = known_section || spelling.rfind(inside + ".", 0) == 0;
        if (spelling.rfind(path + ".", 0) != 0) continue;
        const std::string name =
            spelling.substr(path.size() + 1, spelling.find('.', path.size() + 1) - path.size() - 1);
        if (std::find(siblings.begin(), siblings.end(), name) == siblings.end()) siblings.push_back(name);
      }
    }
    if (YamlSource::is_unwritten(entry.value)) continue;
    if (known_section && (entry.value.is_map() || entry.value.is_null())) {
      report_unknown(entry.value, inside);
    } else if (known_section) {
      source_.add_error(entry.value.place, fmt::format("{}: {} is {}; must be a section of keys and values",
                                                       source_.where(entry.value), inside, written(entry.value)));
    } else {
      const bool in_file = entry.key_place.line > 0;
      source_.add_error(
          entry.key_place,
          fmt::format("{}: unknown key {}{}", in_file ? source_.where(entry.key_place) : source_.where(entry.value),
                      inside, suggest(entry.key, siblings)));
    }
  }
}

std::string StyleTranslation::spelling(const std::string& path) const {
  if (!trainer_style_) return path;
  for (const ModelKey& key : model_keys()) {
    if (key.path != path) continue;
    for (const std::string& spelling : key.spellings)
      if (spelling.rfind("trainer.", 0) == 0) return spelling;
  }
  return path;
}

}  // namespace weft::sw
