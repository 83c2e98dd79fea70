#pragma once
#include <filesystem>

namespace weft::sw {

/// The folder that holds hw/machines, sw/models, sw/fabric_programs and sw/budget: WEFT_ROOT if it is set; else
/// ../share/weft beside the program's folder, where it was installed; else the source tree that it was built from.
/// Throws UsageError if that folder has no hw/machines.
std::filesystem::path resource_root();

/// Where the launcher keeps data sets: WEFT_DATA if it is set, else the folder `data` of resource_root().
std::filesystem::path data_root();

}  // namespace weft::sw
