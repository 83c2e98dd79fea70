#include "tlm/base/wrap.h"

#include <sstream>

namespace weft {

std::string wrapped(const std::string& begin, std::size_t indent, const std::string& text) {
  constexpr std::size_t columns = 80;
  std::istringstream words(text);
  std::string word, line = begin, lines;
  bool fresh = true;
  while (words >> word) {
    if (!fresh && line.size() + 1 + word.size() > columns) {
      lines += line + "\n";
      line.assign(indent, ' ');
      fresh = true;
    }
    if (!fresh) line += ' ';
    line += word;
    fresh = false;
  }
  return lines + line + "\n";
}

}  // namespace weft
