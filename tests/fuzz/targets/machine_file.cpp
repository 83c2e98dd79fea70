// Any text as a machine file.
#include "hw/spec/machine_file.h"

#include "tests/fuzz/targets/target.h"
#include "tests/support/paths.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weft::test::attempt([&] {
    weft::hw::parse_machine({reinterpret_cast<const char*>(data), size}, "fuzz.yaml",
                            weft::test::source_path("hw/machines"));
  });
}
