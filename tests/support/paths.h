#pragma once
// Where the tree stands that a test was built from.
#include <string>

namespace weft::test {

/// An absolute path: `below` is relative to the root of the source tree.
std::string source_path(const std::string& below);

}  // namespace weft::test
