#pragma once
// Whole files: written under a temporary name, sealed with size and checksum, renamed when they are on the disk.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace weft::sw {

/// The seal comes before the content: "weft-seal <size> <CRC-32, hex>\n", both of the content, filled up with zeros.
/// To HDF5 that is a user block: its readers skip it.
inline constexpr std::size_t seal_bytes = 512;

/// Replaces the file at `path`. Whatever fails and whenever the process dies, `path` holds all of the new content or
/// all of the old. Throws UsageError with the path and the system's reason (no space left, no such folder ...);
/// then <path>.part is gone too.
void write_sealed(const std::filesystem::path& path, const std::vector<std::uint8_t>& content);

/// The content without its seal. A file that does not begin with a seal, or carries another file's because a program
/// like h5repack rewrote it, is returned as it is.
/// Throws UsageError: cannot be read, truncated, differs from its checksum.
std::vector<std::uint8_t> read_sealed(const std::filesystem::path& path);

}  // namespace weft::sw
