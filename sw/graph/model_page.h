#pragma once
#include <string>

#include "sw/frontend/model_keys.h"

namespace weft::sw {

/// ModelKey::values in the words of the error message, with the names that sw/graph's tables have.
std::string told_values(const ModelKey& key);

/// docs/model_files.md: the keys of model files, those without effect, the schedulers. From the tables that reading
/// uses.
std::string model_page();

}  // namespace weft::sw
