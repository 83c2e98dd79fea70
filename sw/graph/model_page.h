#pragma once
#include <string>

namespace weft::sw {

/// docs/model_files.md: the keys of model files, those without effect, the schedulers. From the tables that reading
/// uses.
std::string model_page();

}  // namespace weft::sw
