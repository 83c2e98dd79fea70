#pragma once
// What was built: for everything that the program writes.
#include <string>

namespace weft::sw {

struct BuildIdentity {
  std::string version;   ///< of the project
  std::string commit;    ///< 12 hex digits, "-dirty" behind them if files were changed; or "unknown"
  std::string compiler;  ///< name, version, build type
};

/// Of this program. The commit is that of the sources at build time (cmake/build_identity.cmake).
BuildIdentity build_identity();

}  // namespace weft::sw
