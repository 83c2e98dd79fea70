// libFuzzer's loop, whichever main() the linker takes: its own, or libsystemc's, which calls this.
#include <cstddef>
#include <cstdint>
#include <systemc>

#include "tests/fuzz/targets/target.h"

extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv, int (*target)(const std::uint8_t* data, std::size_t size));

int sc_main(int argc, char* argv[]) { return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput); }
