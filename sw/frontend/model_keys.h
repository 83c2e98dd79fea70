#pragma once
// The keys of model files, told once: what is read, how else it may be spelled, what has no effect here and why. The
// translation of the published styles, the lines about keys without effect and docs/model_files.md follow from it; a
// test holds the ranges and defaults that it tells against those that are read.
#include <string>
#include <vector>

namespace weft::sw {

enum class KeyUse {
  honoured,
  no_effect,  ///< told in one line, with the reason
  only,       ///< one value is the machine's way and changes nothing; another is refused with the reason
  refused,    ///< an error if it is written, with what to say instead
};

struct ModelKey {
  std::string path;                    ///< as it is read: runconfig.max_steps
  std::vector<std::string> spellings;  ///< the same elsewhere: trainer.init.loop.max_steps; parts of another style
  KeyUse use;
  std::string values;    ///< what is allowed, in the words of the error message; of `only`, the value
  std::string fallback;  ///< if it is not written; empty: it must be, or what is without it is in `text`
  std::string text;      ///< what it does, or why not
};

/// Honoured ones first; of two spellings of a key that say different things the first is told in the error.
const std::vector<ModelKey>& model_keys();

/// Where the trainer style has the keys of a section: trainer.init.model for model.
struct SectionSpelling {
  std::string section, spelling;
};
const std::vector<SectionSpelling>& section_spellings();

}  // namespace weft::sw
