#pragma once
// What a YAML text may ask of its reader: the parser itself hangs on some malformed ones, and a few lines of aliases
// can stand for more values than there is memory.
#include <string>

namespace weft {

/// Refuses a text that is not valid YAML, is nested deeper than 64, holds more than 20,000 values (each alias counted
/// as what it stands for), an alias inside its own anchor, or more than one document. Throws UsageError with the line
/// and column; `where` is for messages. Takes time and memory in proportion to the text. False: the text holds nothing.
bool check_yaml(const std::string& text, const std::string& where);

}  // namespace weft
