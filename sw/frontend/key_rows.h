#pragma once
// Rows of model_keys() as they are written down.
#include <string_view>
#include <vector>

#include "sw/frontend/model_keys.h"

namespace weft::sw {

struct KeyRow {
  std::string_view path;  ///< "*_input" stands for train_input and eval_input
  std::string_view also;  ///< split at blanks
  KeyUse use;
  std::string_view values, fallback, text;
};

/// In `values`: names that stand in tables which sw/graph knows (told_values() of model_page.h).
inline constexpr std::string_view activation_words = "{activations}", optimizer_words = "{optimizers}",
                                  format_words = "{formats}";

/// Of the section `model`, what belongs to transformers alone; honoured ones first.
const std::vector<KeyRow>& transformer_key_rows();

}  // namespace weft::sw
