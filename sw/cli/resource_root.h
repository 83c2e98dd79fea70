#pragma once
#include <filesystem>

namespace weft::sw {

/// The folder that holds hw/machines, sw/models, sw/fabric_programs and sw/budget: WEFT_ROOT if it is set; else
/// ../share/weft beside the program's folder, where it was installed; else the source tree that it was built from.
/// Throws UsageError if that folder has no hw/machines.
std::filesystem::path resource_root();

}  // namespace weft::sw
