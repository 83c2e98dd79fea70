#include "tests/support/paths.h"

namespace weft::test {

std::string source_path(const std::string& below) { return std::string(WEFT_SOURCE_DIR) + "/" + below; }

}  // namespace weft::test
