#include "sw/driver/run_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <fstream>

#include "tlm/base/error.h"

namespace weft::sw {

namespace fs = std::filesystem;

fs::path make_run_folder(const fs::path& model_dir, const std::string& model) {
  std::error_code error;
  if (!model_dir.empty()) {
    fs::create_directories(model_dir, error);
    if (error || !fs::is_directory(model_dir))
      throw UsageError(fmt::format("--model_dir {}: cannot be made a folder: {}", model_dir.string(), error.message()));
    return model_dir;
  }
  const fs::path runs = fs::path("runs") / model;
  const std::string stamp = fmt::format("{:%Y%m%d_%H%M%S}", fmt::localtime(std::time(nullptr)));
  fs::path folder = runs / stamp;
  for (int again = 2; fs::exists(folder); ++again) folder = runs / fmt::format("{}_{}", stamp, again);
  fs::create_directories(folder, error);
  if (error) throw UsageError(fmt::format("{}: cannot be created: {}", folder.string(), error.message()));
  return folder;
}

void mark_latest(const fs::path& folder) {
  const fs::path link = folder.parent_path() / "latest";
  std::error_code error;  // a link less is no reason to stop
  fs::remove(link, error);
  fs::create_directory_symlink(folder.filename(), link, error);
}

void keep_results_before(const fs::path& folder, std::int64_t step) {
  for (const fs::path file : {"report.json", "summary.txt"}) {
    std::error_code error;
    if (!fs::exists(folder / file, error)) continue;
    const fs::path kept = folder / fmt::format("{}_to_{}{}", file.stem().string(), step, file.extension().string());
    fs::rename(folder / file, kept, error);
    if (error) throw UsageError(fmt::format("{}: cannot be renamed: {}", kept.string(), error.message()));
  }
}

void write_whole(const fs::path& path, const std::string& text) {
  const fs::path temporary = path.string() + ".part";
  std::ofstream stream(temporary, std::ios::binary);
  stream << text;
  stream.close();
  std::error_code error;
  if (stream) fs::rename(temporary, path, error);
  if (!stream || error) {
    fs::remove(temporary, error);
    throw UsageError(
        fmt::format("{}: cannot be written (is the disk full, or the folder not writable?)", path.string()));
  }
}

}  // namespace weft::sw
