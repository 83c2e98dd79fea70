#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <systemc>

#include "tlm/base/host_stack.h"

int sc_main(int argc, char* argv[]) {
  Catch::Session session;
  int result = session.applyCommandLine(argc, argv);
  if (result != 0) return result;
  // A name that is none of the cases, and a case that asserts nothing, are no success.
  auto& warnings = session.configData().warnings;
  warnings = static_cast<Catch::WarnAbout::What>(warnings | Catch::WarnAbout::NoTests | Catch::WarnAbout::NoAssertions);
  result = session.run();
  weft::back_on_host_stack();
  return result;
}
