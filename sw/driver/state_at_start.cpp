#include "sw/driver/state_at_start.h"

#include <fmt/format.h>
#include <unistd.h>

#include "sw/identity/build_identity.h"
#include "sw/identity/host_name.h"

namespace weft::sw {

std::string mode_name(Mode mode) {
  if (mode == Mode::train_and_eval) return "train_and_eval";
  return mode == Mode::train ? "train" : "eval";
}

RunState state_at_start(const RunSettings& settings, const ModelFile& model, const std::string& machine) {
  const BuildIdentity built = build_identity();
  RunState state;
  state.model = model.config.model.name;
  state.machine = machine;
  state.mode = mode_name(model.config.runconfig.mode);
  state.command = settings.command;
  state.host = host_name();
  state.process = ::getpid();
  state.started = time_text();
  state.program = fmt::format("weft {}, commit {}, {}", built.version, built.commit, built.compiler);
  return state;
}

}  // namespace weft::sw
