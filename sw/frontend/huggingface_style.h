#pragma once
// A model's config.json as Hugging Face's transformers write it, turned into the sections of model files. Which keys
// there are, of which models, and what becomes of them stands in one table, huggingface_keys().
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sw/frontend/model_keys.h"
#include "tlm/base/yaml_source.h"

namespace weft::sw {

struct HuggingFaceKey {
  std::string_view models;  ///< values of model_type, split at blanks; empty: all
  std::string_view key;     ///< as config.json has it
  KeyUse use;
  std::string_view becomes;   ///< honoured: the keys of model_keys() that it is, split at blanks; empty: see `text`
  std::string_view fallback;  ///< honoured: without it, as transformers have it; of `only`, the one value
  std::string_view text;      ///< why not, or what else
};
const std::vector<HuggingFaceKey>& huggingface_keys();
/// Of model_type.
const std::vector<std::string>& huggingface_models();

/// A file that says model_type, and has none of the sections of model files.
bool is_huggingface(const YamlTree& root);

struct StandingSetting {
  std::string path, value;
  std::string only_with = {};  ///< the path of another one; without it this one means nothing
};

/// What was set without being written. It is told as long as it stands, since an override may say otherwise.
struct StandingNote {
  std::string before;                     ///< file and line, and what led to it
  std::vector<StandingSetting> settings;  ///< those that stand are named
  std::string after;
};

/// Rewrites such a file. What it does not say, as optimizer, batch and data, is set as Hugging Face's Trainer has it,
/// and told in `standing`; each key without effect in `notes`. Throws UsageError for another model_type; other errors
/// go to `source`, all at once: an unknown key, what no kernel does; with file, line, the key, its value, and the
/// nearest name.
void translate_huggingface(YamlSource& source, std::vector<std::string>& notes, std::vector<StandingNote>& standing);
/// Takes back what an override made meaningless: a setting that stands unwritten, of one that no longer stands.
void withdraw(const StandingNote& note, YamlTree& root);
/// In one line; empty if nothing of it stands in `root`.
std::string text_of(const StandingNote& note, const YamlTree& root);

}  // namespace weft::sw
