#pragma once
// Which versions of a kind of file this program reads.
#include <fmt/format.h>

#include <string>
#include <string_view>

namespace weft {

/// Written "<name>-<version>": weft-machine-2.
struct FileSchema {
  std::string_view name;
  int newest = 1;  ///< what is written
  int oldest = 1;  ///< and still read

  std::string text() const { return fmt::format("{}-{}", name, newest); }
  bool reads(std::string_view written) const {
    for (int version = oldest; version <= newest; ++version)
      if (written == fmt::format("{}-{}", name, version)) return true;
    return false;
  }
  /// For messages: why a file of schema `written` is not read, and what reads it.
  std::string refusal(std::string_view written) const {
    const std::string read = newest == oldest ? text() : fmt::format("{}-{} to {}-{}", name, oldest, name, newest);
    const bool of_kind = written.substr(0, name.size()) == name;
    return fmt::format("schema {}; this program reads {}{}", written, read,
                       of_kind ? "; the version of weft that wrote the file reads it" : "");
  }
};

}  // namespace weft
