// Is a damaged IDX file always either refused or read within the bounds that its own header states?
#include <catch2/catch.hpp>

#include "hw/input/idx_file.h"
#include "tests/fuzz/mutations.h"
#include "tests/support/idx_bytes.h"
#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;

TEST_CASE("every damaged copy of an IDX file is an error or has as many bytes as its dimensions say") {
  const test::ScratchFolder folder;
  const test::Bytes good = test::idx_bytes({3, 4, 5}, test::Bytes(60, 9));
  int refused = 0, read = 0;
  test::each_mutation(good, 100, 500, [&](const test::Bytes& bytes) {
    test::write_bytes(folder / "file", bytes);
    try {
      const hw::IdxFile file = hw::read_idx(folder / "file", {3, 3});
      std::size_t product = 1;
      for (const int dimension : file.dimensions) product *= static_cast<std::size_t>(dimension);
      REQUIRE(file.bytes.size() == product);
      ++read;
    } catch (const UsageError&) {
      ++refused;
    }
  });
  // A header has no checksum: a changed pixel is a pixel, a changed header is refused.
  CHECK(refused > 200);
  CHECK(read > 200);
}
