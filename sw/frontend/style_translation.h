#pragma once
// The published styles of model files (parameters, trainer, TensorFlow's spellings, Hugging Face's config.json)
// turned into one: the sections
// train_input, eval_input, model, optimizer and runconfig with the keys of model_keys().
#include <string>
#include <vector>

#include "sw/frontend/huggingface_style.h"
#include "tlm/base/yaml_source.h"

namespace weft::sw {

class StyleTranslation {
 public:
  /// Rewrites the file. Errors go to `source`: a key said twice in different ways; one that is refused; in the trainer
  /// style one that is not known, with the nearest.
  explicit StyleTranslation(YamlSource& source);

  /// An override in any of the styles; it wins over what was there.
  void apply(const std::string& override_text);

  /// One line for each key that was written and has no effect here: where, which, why; and for what was set without
  /// being written, as it stands now.
  std::vector<std::string> notes() const;
  /// How a key that is read under `path` is spelled in the file's style.
  std::string spelling(const std::string& path) const;

 private:
  void translate(bool overwrite);
  void take(const std::string& spelling, const struct ModelKey& key, bool overwrite);
  void note(const YamlTree& value, const std::string& path, const std::string& why);
  void report_unknown(const YamlTree& section, const std::string& path);

  YamlSource& source_;
  bool trainer_style_;
  std::vector<std::string> notes_;
  std::vector<StandingNote> standing_;
};

}  // namespace weft::sw
