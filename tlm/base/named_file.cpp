#include "tlm/base/named_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft {
namespace fs = std::filesystem;

std::vector<std::string> yaml_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path named_yaml(const std::string& kind, const std::string& name_or_path, const fs::path& folder) {
  const fs::path path = name_or_path;
  const bool is_path = name_or_path.find('/') != std::string::npos || path.extension() == ".yaml" ||
                       path.extension() == ".yml" || path.extension() == ".json";
  const fs::path file = is_path ? path : folder / (name_or_path + ".yaml");
  std::error_code unreadable;
  if (fs::is_regular_file(file, unreadable)) return file;
  if (is_path) throw UsageError(fmt::format("no {} file '{}'", kind, name_or_path));
  throw UsageError(fmt::format("no {} '{}'{}; or give the path of a .yaml file", kind, name_or_path,
                               suggest(name_or_path, yaml_names(folder))));
}

}  // namespace weft
