#pragma once
// Text files of a training or an evaluation, as they stand on the disk.
#include <filesystem>
#include <string>
#include <vector>

namespace weft::sw {

struct TextFile {
  std::filesystem::path path;
  std::string text;
};

/// `place` itself if it is a file, else the *.txt in the folder, sorted by name. Throws UsageError that begins with
/// `place`: not there (with the nearest name beside it), or no *.txt in it (what was found).
std::vector<std::filesystem::path> text_files(const std::filesystem::path& place);

/// Reads them, byte by byte. Throws UsageError: one cannot be read, or all together are empty.
std::vector<TextFile> read_texts(const std::vector<std::filesystem::path>& files);

}  // namespace weft::sw
