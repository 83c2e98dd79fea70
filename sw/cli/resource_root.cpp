#include "sw/cli/resource_root.h"

#include <fmt/format.h>

#include <cstdlib>

#include "tlm/base/error.h"

namespace weft::sw {
namespace fs = std::filesystem;

fs::path resource_root() {
  std::error_code none;
  const auto complete = [&none](const fs::path& root) { return fs::is_directory(root / "hw/machines", none); };
  if (const char* named = std::getenv("WEFT_ROOT"); named && *named) {
    if (complete(named)) return named;
    throw UsageError(
        fmt::format("WEFT_ROOT={}: no folder hw/machines in it; give the source tree or share/weft of an "
                    "installed one",
                    named));
  }
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  fs::path installed = program.parent_path().parent_path() / WEFT_SHARE;
  if (complete(installed)) return installed;
  if (complete(WEFT_SOURCE_ROOT)) return WEFT_SOURCE_ROOT;
  throw UsageError(
      fmt::format("no machines and models: neither {} nor {} is there. Set WEFT_ROOT to the folder that "
                  "holds hw/machines and sw/models",
                  installed.string(), WEFT_SOURCE_ROOT));
}

fs::path data_root() {
  const char* folder = std::getenv("WEFT_DATA");
  return folder != nullptr && *folder != '\0' ? fs::path(folder) : resource_root() / "data";
}

}  // namespace weft::sw
