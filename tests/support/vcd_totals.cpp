// Prints, per track of a VCD, the time with a value other than 0: "path picoseconds".
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "tlm/trace/vcd.h"

int main(int argc, char* argv[]) {
  if (argc != 2) return 2;
  std::ifstream stream(argv[1]);
  for (const auto& [path, track] : weft::proto::read_vcd(stream))
    std::fputs(fmt::format("{} {}\n", path, track.busy).c_str(), stdout);
  return 0;
}
