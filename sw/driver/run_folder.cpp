#include "sw/driver/run_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>

#include "sw/checkpoint/checkpoint.h"
#include "sw/driver/kept_outputs.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace fs = std::filesystem;

namespace {

/// A model's name as one part of a path, which ends at a zero byte and has at most 255.
std::string folder_name(std::string model) {
  constexpr std::size_t most = 100;
  const auto splits = [](char letter) { return letter == '/' || static_cast<unsigned char>(letter) < ' '; };
  std::replace_if(model.begin(), model.end(), splits, '_');
  if (model.size() > most) {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(model[end]) & 0xC0) == 0x80) --end;  // not inside a letter
    model.resize(end);
  }
  return model.empty() || model == "." || model == ".." ? "model" : model;
}

/// A folder of its own for this start, however many come in one second: a name that is there is another's.
fs::path make_folder_named_by_time(const fs::path& runs) {
  const std::string stamp = fmt::format("{:%Y%m%d_%H%M%S}", fmt::localtime(std::time(nullptr)));
  std::error_code error;
  fs::create_directories(runs, error);
  fs::path folder = runs / stamp;
  for (int again = 2; !error && !fs::create_directory(folder, error); ++again)
    folder = runs / fmt::format("{}_{}", stamp, again);
  if (error) throw UsageError(fmt::format("{}: cannot be created: {}", folder.string(), error.message()));
  return folder;
}

/// Of a claimed folder: a run that still says "running" was not ended by itself.
std::string ended_text(const fs::path& folder, const std::optional<RunState>& state) {
  if (!state) return "a run";
  std::string text =
      state->run_id.empty() ? "a run of " + state->model : fmt::format("run {} of {}", state->run_id, state->model);
  if (state->phase != RunPhase::running)
    return fmt::format("{} ({}, step {})", text, phase_text(*state), state->global_step);
  const auto checkpoints = checkpoints_in(folder);
  return fmt::format(
      "{} (process {} on {} died without a word; {})", text, state->process, state->host,
      checkpoints.empty() ? "it left no checkpoint" : "it left " + checkpoints.front().filename().string());
}

}  // namespace

RunFolder::RunFolder(const fs::path& model_dir, const std::string& model, FolderUse use)
    : path_(model_dir), use_(use), named_by_time_(model_dir.empty()) {
  if (named_by_time_) {
    path_ = fs::path("runs") / folder_name(model);
    return;
  }
  std::error_code error;
  if (!fs::exists(path_, error)) return;
  if (!fs::is_directory(path_, error)) throw UsageError(fmt::format("--model_dir {}: is no folder", path_.string()));
  claim();
}

void RunFolder::claim() {
  claim_.emplace(path_);
  before_ = read_run_state(path_);
  const bool planned = before_ && before_->phase == RunPhase::planned;
  if (use_ == FolderUse::anew && holds_run(path_) && !planned)
    throw UsageError(
        fmt::format("--model_dir {}: holds {}. --resume goes on with it, --overwrite puts its outputs aside, or name "
                    "another folder",
                    path_.string(), ended_text(path_, before_)));
}

void RunFolder::open(const RunState& state) {
  if (named_by_time_) {
    path_ = make_folder_named_by_time(path_);
  } else {
    std::error_code error;
    fs::create_directories(path_, error);
    if (error || !fs::is_directory(path_, error))
      throw UsageError(fmt::format("--model_dir {}: cannot be made a folder: {}", path_.string(), error.message()));
  }
  if (!claim_) claim();
  if (use_ == FolderUse::overwrite) set_aside(path_);
  if (use_ == FolderUse::resume) keep_report(path_);
  if (use_ == FolderUse::plan && holds_run(path_)) return;  // it stays what it is
  write_run_state(path_, state);
}

void RunFolder::give_up() {
  if (before_ || use_ == FolderUse::resume || use_ == FolderUse::overwrite) return;
  std::error_code left;
  for (const char* name : {"run.json", "run.log", ".claim"}) fs::remove(path_ / name, left);
  fs::remove(path_, left);  // if nothing else is in it
}

std::string folder_text(const fs::path& folder) {
  const std::string holder = holder_of(folder);
  const std::optional<RunState> state = read_run_state(folder);
  if (!holder.empty()) return "holds a run that is going on: " + holder;
  return state || holds_run(folder) ? "holds " + ended_text(folder, state) : "holds no run";
}

fs::path report_in(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return path;
  fs::path report = path / "report.json";
  if (!fs::exists(report, error))
    throw UsageError(fmt::format("{}: {}; there is no report.json", path.string(), folder_text(path)));
  return report;
}

void mark_latest(const fs::path& folder) {
  const fs::path link = folder.parent_path() / "latest";
  const fs::path mine = folder.parent_path() / fmt::format(".latest.{}", ::getpid());
  std::error_code error;  // a link less is no reason to stop
  fs::create_directory_symlink(folder.filename(), mine, error);
  if (!error) fs::rename(mine, link, error);
  if (error) fs::remove(mine, error);
}

void write_whole(const fs::path& path, const std::string& text) {
  std::error_code error;
  // What stands there and is no file (a device, a pipe, a link to one) is written into, not replaced by one.
  const fs::file_type there = fs::symlink_status(path, error).type();
  const bool in_place = there != fs::file_type::not_found && there != fs::file_type::regular;
  const fs::path written = in_place ? path : fs::path(path).concat(".part");
  std::ofstream stream(written, std::ios::binary);
  stream << text;
  stream.close();
  error.clear();
  if (stream && !in_place) fs::rename(written, path, error);
  if (!stream || error) {
    if (!in_place) fs::remove(written, error);
    throw UsageError(
        fmt::format("{}: cannot be written (is the disk full, or the folder not writable?)", path.string()));
  }
}

}  // namespace weft::sw
