// Runs a fuzz target on every file of a folder: what the fuzzer once found, and the seeds it began with.
// sc_main is the entry: libsystemc owns main().
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <systemc>
#include <vector>

#include "tests/fuzz/targets/target.h"
#include "tests/support/scratch_folder.h"

int sc_main(int argc, char* argv[]) {
  std::vector<std::filesystem::path> files;
  for (int folder = 1; folder < argc; ++folder)
    for (const auto& entry : std::filesystem::directory_iterator(argv[folder])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  constexpr unsigned most_seconds = 240;  // a file that takes longer hangs
  for (const std::filesystem::path& file : files) {
    std::fprintf(stderr, "%s\n", file.c_str());
    const std::vector<std::uint8_t> bytes = weft::test::read_bytes(file);
    alarm(most_seconds);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu files: each was read or refused\n", files.size());
  return files.empty() ? 1 : 0;
}
