// Any bytes as an IDX file, plain or packed; as pictures and as labels at once, where it can be both.
#include "hw/input/idx_file.h"

#include "hw/input/dataset.h"
#include "tests/fuzz/targets/target.h"

namespace {

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  const test::MemoryFile memory(data, size);
  test::attempt([&] {
    const hw::IdxFile file = hw::read_idx(memory.path(), {1, 8});
    std::size_t elements = 1;
    for (const int length : file.dimensions) elements *= static_cast<std::size_t>(length);
    check(file.bytes.size() % elements == 0 && file.bytes.size() / elements <= 8, "not as many bytes as elements");
    static_cast<void>(file.number(elements - 1));
  });
  return test::attempt([&] {
    const hw::DataFiles both{"fuzz", memory.path(), memory.path()};
    const hw::Dataset set = hw::load_dataset(both, {size > 0 && data[size - 1] % 2 == 0 ? 1 : 8, 300, {0.5, 0.25}});
    check(set.samples.size() == set.labels.size() * static_cast<std::size_t>(set.features), "not as many samples");
  });
}
