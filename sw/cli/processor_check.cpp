// Before anything else, even the constructors of global objects: can this processor run the rest of the program? Code
// made for another one dies with "Illegal instruction", and says nothing. Made for any processor (CMakeLists.txt);
// calls nothing that may not be.
#include <unistd.h>

#include <cstddef>

namespace {

struct Need {
  const char* name;
  bool met;
};

struct Text {
  static constexpr std::size_t size = 1024;
  char bytes[size];
  std::size_t used = 0;

  void add(const char* more) {
    while (*more != '\0' && used < size) bytes[used++] = *more++;
  }
};

void check_processor() {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  const Need needs[] = {
#include <processor_needs.inc>  // made by weft_processor_needs (cmake/Processor.cmake)
  };
  Text text;
  text.add("weft: this program was built for another processor. This one lacks:");
  const std::size_t before = text.used;
  for (const Need& need : needs) {
    if (need.met) continue;
    text.add(" ");
    text.add(need.name);
  }
  if (text.used == before) return;
  text.add(
      "\nBuild it again here (./weft does), or build one that runs on any x86-64-v2 processor: -DWEFT_NATIVE=OFF "
      "(preset portable)\n");
  if (write(STDERR_FILENO, text.bytes, text.used) < 0) _exit(4);
  _exit(3);
}

// The loader calls what stands here before every constructor, those of shared libraries included.
[[gnu::section(".preinit_array"), gnu::used]] void (*const first_of_all)() = check_processor;

}  // namespace
