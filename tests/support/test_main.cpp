#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <systemc>

#include "tlm/base/host_stack.h"

int sc_main(int argc, char* argv[]) {
  Catch::Session session;
  int result = session.applyCommandLine(argc, argv);
  if (result != 0) return result;
    // A name that is none of the cases (Catch2 3 fails then of itself), and a case that asserts nothing, are no
    // success.
#if CATCH_VERSION_MAJOR >= 3
  constexpr unsigned strict = Catch::WarnAbout::NoAssertions;
#else
  constexpr unsigned strict = Catch::WarnAbout::NoAssertions | Catch::WarnAbout::NoTests;
#endif
  auto& warnings = session.configData().warnings;
  warnings = static_cast<Catch::WarnAbout::What>(warnings | strict);
  result = session.run();
  weft::back_on_host_stack();
  return result;
}
