// Prints, per track of a VCD, the time with a value other than idle: "path picoseconds", and with --values each value
// and its time as well: "path picoseconds value=picoseconds ...".
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "tlm/trace/vcd_reader.h"

int main(int argc, char* argv[]) {
  const bool values = argc == 3 && std::string(argv[1]) == "--values";
  if (argc != 2 && !values) return 2;
  std::ifstream stream(argv[argc - 1]);
  for (const auto& [path, track] : weft::proto::read_vcd(stream)) {
    std::string line = fmt::format("{} {}", path, track.busy);
    for (const auto& [value, busy] : track.busy_of_value)
      if (values) line += fmt::format(" {}={}", value, busy);
    std::fputs((line + "\n").c_str(), stdout);
  }
  return 0;
}
