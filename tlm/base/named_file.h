#pragma once
// Machines and models are called by name or by path.
#include <filesystem>
#include <string>
#include <vector>

namespace weft {

/// The file of `name_or_path`: a path if it holds a '/' or ends in .yaml or .yml, else folder/<name>.yaml.
/// `kind` ("machine", "model") is for messages. Throws UsageError if there is no such file; for a name it
/// gives the nearest one and all that the folder holds.
std::filesystem::path named_yaml(const std::string& kind, const std::string& name_or_path,
                                 const std::filesystem::path& folder);

/// The names that named_yaml knows in `folder`, sorted; none if it cannot be read.
std::vector<std::string> yaml_names(const std::filesystem::path& folder);

}  // namespace weft
