// Is a damaged report always either refused or drawn, in text of at most 80 columns?
#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "sw/report/report_file.h"
#include "sw/report/step_svg.h"
#include "sw/report/step_text.h"
#include "sw/report/step_view.h"
#include "tests/fuzz/mutations.h"
#include "tests/support/idx_bytes.h"
#include "tests/support/paths.h"
#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;

namespace {

/// A golden report without its plan, which is not drawn.
test::Bytes small_report() {
  auto report = sw::load_report(weft::test::source_path("traces/golden/tiny.json"));
  report.erase("plan");
  const std::string text = report.dump();
  return {text.begin(), text.end()};
}

}  // namespace

TEST_CASE("every damaged copy of a report is an error or a picture") {
  const test::ScratchFolder folder;
  int refused = 0, drawn = 0;
  test::each_mutation(small_report(), 50, 1500, [&](const test::Bytes& bytes) {
    test::write_bytes(folder / "file", bytes);
    try {
      const sw::StepView view = sw::step_view(sw::load_report(folder / "file"), folder / "file", {});
      REQUIRE(sw::step_svg(view).find("</svg>") != std::string::npos);
      std::istringstream lines(sw::step_text(view));
      for (std::string line; std::getline(lines, line);)
        REQUIRE(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }) <= 80);
      ++drawn;
    } catch (const UsageError&) {
      ++refused;
    }
  });
  // A changed digit is another time, a changed bracket is refused.
  CHECK(refused > 500);
  CHECK(drawn > 500);
}
