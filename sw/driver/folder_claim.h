#pragma once
// One process at a time has a run's folder.
#include <filesystem>
#include <string>

namespace weft::sw {

/// A lock of the file .claim in the folder, which says who holds it. The system releases it when the process ends, in
/// whatever way, so a folder of a dead process is free. Where a file system has no locks, the process that .claim names
/// is looked for instead; one on another host is believed to live.
class FolderClaim {
 public:
  /// `folder` is there. Throws UsageError: another process holds it (who, where, since when), or it cannot be written.
  explicit FolderClaim(const std::filesystem::path& folder);
  ~FolderClaim();
  FolderClaim(FolderClaim&& other) noexcept;
  FolderClaim(const FolderClaim&) = delete;
  FolderClaim& operator=(const FolderClaim&) = delete;

 private:
  int file_ = -1;
};

/// Who holds `folder` at this moment, in words; empty: nobody. For those who only read.
std::string holder_of(const std::filesystem::path& folder);

}  // namespace weft::sw
