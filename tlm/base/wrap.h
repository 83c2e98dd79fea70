#pragma once
// Text for a terminal of 80 columns.
#include <string>

namespace weft {

/// `begin`, then the words of `text`, broken before column 80; later lines are indented by `indent`. Ends with a
/// newline. A word longer than a line stays whole.
std::string wrapped(const std::string& begin, std::size_t indent, const std::string& text);

}  // namespace weft
