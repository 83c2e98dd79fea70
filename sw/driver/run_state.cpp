#include "sw/driver/run_state.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sw/driver/run_folder.h"
#include "tlm/base/json_text.h"

namespace weft::sw {

namespace {

constexpr std::array<const char*, 5> phase_names{"planned", "running", "completed", "stopped", "failed"};

}  // namespace

std::string phase_text(const RunState& state) {
  const std::string name = phase_names[static_cast<std::size_t>(state.phase)];
  return state.why.empty() ? name : fmt::format("{}: {}", name, state.why);
}

void write_run_state(const std::filesystem::path& folder, const RunState& state) {
  nlohmann::ordered_json json;
  json["state"] = phase_names[static_cast<std::size_t>(state.phase)];
  json["why"] = state.why;
  json["run_id"] = state.run_id;
  json["model"] = state.model;
  json["machine"] = state.machine;
  json["mode"] = state.mode;
  json["command"] = state.command;
  json["host"] = state.host;
  json["pid"] = state.process;
  json["started"] = state.started;
  json["ended"] = state.ended;
  json["program"] = state.program;
  json["first_step"] = state.first_step;
  json["global_step"] = state.global_step;
  json["changed"] = state.changed;
  write_whole(folder / "run.json", json_text(json, 1) + "\n");
}

std::optional<RunState> read_run_state(const std::filesystem::path& folder) {
  std::ifstream stream(folder / "run.json");
  const nlohmann::json json = nlohmann::json::parse(stream, nullptr, false);
  if (!json.is_object()) return {};
  RunState state;
  try {
    const std::string phase = json.at("state");
    for (std::size_t which = 0; which < phase_names.size(); ++which)
      if (phase == phase_names[which]) state.phase = static_cast<RunPhase>(which);
    state.why = json.at("why");
    state.run_id = json.at("run_id");
    state.model = json.at("model");
    state.machine = json.at("machine");
    state.mode = json.at("mode");
    state.command = json.at("command");
    state.host = json.at("host");
    state.process = json.at("pid");
    state.started = json.at("started");
    state.ended = json.at("ended");
    state.program = json.at("program");
    state.first_step = json.at("first_step");
    state.global_step = json.at("global_step");
    state.changed = json.at("changed").get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    return {};
  }
  return state;
}

std::string time_text() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace weft::sw
