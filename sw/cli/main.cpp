// The program `weft`: exit codes, and SystemC's way to start.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <systemc>

#include "sw/cli/commands.h"
#include "tlm/base/error.h"

namespace {

/// Behind what the log has said so far, where both go to one place.
int say(int code, const std::string& text) {
  std::fflush(stdout);
  std::fputs(fmt::format("weft: {}\n", text).c_str(), stderr);
  return code;
}

}  // namespace

int sc_main(int argc, char* argv[]) {
  // Bad input is reported by exceptions; SystemC's own reports must not print their banner or stop the process.
  sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_THROW);
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  try {
    const int code = weft::sw::run_command(argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    return say(code == 0 ? 1 : code, "standard output: not all of it could be written");
  } catch (const weft::UsageError& error) {
    return say(2, error.what());
  } catch (const weft::SimulationError& error) {
    return say(1, fmt::format("simulation error: {}", error.what()));
  } catch (const std::exception& error) {
    return say(1, error.what());
  }
}

int main(int argc, char* argv[]) {
  std::signal(SIGXFSZ, SIG_IGN);  // past a limit of file sizes a write fails, as on a full disk, and is told
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);  // stderr is for diagnostics
  return sc_core::sc_elab_and_sim(argc, argv);
}
