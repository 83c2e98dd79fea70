#pragma once
// run.json: what a run's folder is, and in what state its run is. Written when the run begins and when it ends.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace weft::sw {

/// running: or killed, if no process holds the folder (folder_claim.h). planned: --compile_only, no run yet.
enum class RunPhase { planned, running, completed, stopped, failed };

struct RunState {
  RunPhase phase = RunPhase::running;
  std::string why;     ///< of stopped and failed
  std::string run_id;  ///< the same in the run's checkpoints
  std::string model, machine, mode;
  std::string command;       ///< as it was called
  std::string host;          ///< where it runs or ran
  std::int64_t process = 0;  ///< there
  std::string started, ended;
  std::string program;               ///< version, commit, compiler
  std::int64_t first_step = 0;       ///< global step at this start
  std::int64_t global_step = 0;      ///< training steps done
  std::vector<std::string> changed;  ///< settings that --resume_changed let change, at any start
};

/// The state in words: "completed", "stopped: signal TERM, inside step 31".
std::string phase_text(const RunState& state);

/// Throws UsageError if it cannot be written; then the state before stands.
void write_run_state(const std::filesystem::path& folder, const RunState& state);

/// None: the folder has no run.json, or one that cannot be read.
std::optional<RunState> read_run_state(const std::filesystem::path& folder);

/// "2026-11-29T15:40:12Z"
std::string time_text();

}  // namespace weft::sw
