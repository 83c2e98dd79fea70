#pragma once
// JSON as text, whatever its strings hold.
#include <string>

namespace weft {

/// `indent` below 0: one line. A byte that is not UTF-8 (a model's name, a path) becomes U+FFFD: JSON cannot hold it,
/// and a name is no reason to lose a result.
template <typename Json>
std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weft
