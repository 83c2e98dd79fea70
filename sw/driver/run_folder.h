#pragma once
// The folder of one run: claimed, so that no other run writes there, and marked with what it is (run_state.h).
#include <filesystem>
#include <optional>
#include <string>

#include "sw/driver/folder_claim.h"
#include "sw/driver/run_state.h"

namespace weft::sw {

/// What a start may do with a folder that holds a run: nothing, go on with it, put its outputs aside, or add a plan.
enum class FolderUse { anew, resume, overwrite, plan };

class RunFolder {
 public:
  /// `model_dir` empty: a new folder runs/<model>/<date_time>, made by open(). A folder that is there is claimed now.
  /// Throws UsageError: another process holds it, or it holds a run and `use` is anew (with what the run's state is and
  /// what can be done), or it is no folder.
  RunFolder(const std::filesystem::path& model_dir, const std::string& model, FolderUse use);

  /// Makes the folder if it is not there, claims it and writes `state`. What can be refused comes before: a mistake
  /// moves nothing. overwrite: what the run before wrote moves to overwritten_<n> in the folder. resume: its report and
  /// summary get the name of the step that they end with, see keep_report(). plan: a run that is there stays what the
  /// folder says. Throws UsageError (path and reason).
  void open(const RunState& state);

  /// After open(): the run is refused after all. What open() made goes away, unless the folder held a run.
  void give_up();

  /// Where it is, or will be once open() has been called.
  const std::filesystem::path& path() const { return path_; }
  /// Of the run that the folder held when it was claimed.
  const std::optional<RunState>& before() const { return before_; }
  /// The name of the folder was not given.
  bool named_by_time() const { return named_by_time_; }

 private:
  void claim();
  std::filesystem::path path_;
  FolderUse use_;
  bool named_by_time_;
  std::optional<FolderClaim> claim_;
  std::optional<RunState> before_;
};

/// Points the link `latest` beside the folder to it: for a training that has begun, not for a refused one. At once:
/// there is no moment without it, whoever else does the same.
void mark_latest(const std::filesystem::path& folder);

/// What a folder says to one who looks for a result in it: "holds a run that is running: process 12 on host since ...".
std::string folder_text(const std::filesystem::path& folder);

/// The report that `path` stands for: the file itself, of a run's folder its report.json. Throws UsageError with
/// folder_text() if a folder has none.
std::filesystem::path report_in(const std::filesystem::path& path);

/// Writes a text file as a whole: temporary name, then renamed; a device, pipe or link that stands there is written
/// into. Throws UsageError if it cannot be written.
void write_whole(const std::filesystem::path& path, const std::string& text);

}  // namespace weft::sw
