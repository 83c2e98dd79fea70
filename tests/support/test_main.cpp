#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <systemc>

#include "tlm/base/host_stack.h"

int sc_main(int argc, char* argv[]) {
  const int result = Catch::Session().run(argc, argv);
  weft::back_on_host_stack();
  return result;
}
