// Question: does a legend name what occurs and nothing else, and begin a line where the next entry would not fit?
#include <catch2/catch.hpp>

#include "sw/report/step_legend.h"

using namespace weft::sw;
using Catch::Contains;

namespace {

StepView view_of(const std::vector<std::string>& kinds) {
  StepView view;
  view.rows.resize(1);
  for (const std::string& kind : kinds) {
    view.rows[0].bars.emplace_back();
    view.rows[0].bars.back().kind = kind;
  }
  return view;
}

}  // namespace

TEST_CASE("the width of words, letter by letter") {
  CHECK(svg_width("") == 0);
  CHECK(svg_width("mow") == Approx(11 + 7.6 + 11));
  CHECK(svg_width("l. o") == Approx(3 * 4.4 + 7.6));
}

TEST_CASE("an entry that ends at the right border stays on its line, one that ends behind it begins another") {
  // "bound by" is 7 x 7.6 + 4.4 wide, 12 stand behind it; a swatch takes 23, "queues" 6 x 7.6.
  const double swatch = 10 + 7 * 7.6 + 4.4 + 12, end = swatch + 23 + 6 * 7.6;
  SvgCanvas fits, wraps;
  CHECK(draw_legend(fits, view_of({"queues"}), 10, end + 0.01, 50) == 50);
  CHECK_THAT(fits.front, Contains("<rect class=\"queues\" x=\"79.6\" y=\"41.0\" width=\"18\" height=\"10\"/>"));
  CHECK_THAT(fits.front, Contains("x=\"102.6\" y=\"50.0\""));
  CHECK(draw_legend(wraps, view_of({"queues"}), 10, end - 0.01, 50) == 68);
  CHECK_THAT(wraps.front, Contains("<rect class=\"queues\" x=\"10.0\" y=\"59.0\""));
  CHECK_THAT(wraps.front, Contains("x=\"33.0\" y=\"68.0\""));
}

TEST_CASE("a legend has what occurs, in the order of the kinds") {
  StepView view = view_of({"queues", "pe_issue"});
  SvgCanvas plain, full;
  draw_legend(plain, view, 0, 1e4, 0);
  CHECK(plain.front.find(">pe_issue<") < plain.front.find(">queues<"));
  for (const char* other : {"pe_sum", "waits for first words", "bubble", ">update<", "by the step before"})
    CHECK_THAT(plain.front, !Contains(other));
  view.rows[0].bars[1].wait = 1;
  view.idle.emplace_back();
  view.updates = view.rows;
  view.updates[0].bars[0].earlier = true;
  draw_legend(full, view, 0, 1e4, 0);
  for (const char* other : {">waits for first words<", ">bubble<", ">update<", ">by the step before<"})
    CHECK_THAT(full.front, Contains(other));
}
