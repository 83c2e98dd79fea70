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

/// Byte by byte. Throws UsageError that begins with the path: no such file, or it cannot be read.
std::string read_whole_file(const std::filesystem::path& path);

/// `place` itself if it is a file, else the files in the folder that end in `ending`, sorted by name. Throws UsageError
/// that begins with `place`: not there (with the nearest name beside it), or none such in it (what was found).
std::vector<std::filesystem::path> files_ending_in(const std::string& ending, const std::filesystem::path& place);

/// Reads them, without a byte order mark. Throws UsageError: as read_whole_file(), or all together are empty.
std::vector<TextFile> read_texts(const std::vector<std::filesystem::path>& files);

}  // namespace weft::sw
