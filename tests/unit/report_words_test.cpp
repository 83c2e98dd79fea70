// Question: do numbers become the words that a reader expects, on either side of each border?
#include <catch2/catch.hpp>

#include "sw/report/explain_text.h"
#include "sw/report/step_words.h"
#include "sw/report/ticks.h"

using namespace weft;
using namespace weft::sw;

TEST_CASE("digits in groups of three, from ten millions on in millions") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(1234567.4) == "1,234,567");
  CHECK(short_count(9'999'999) == "9,999,999");
  CHECK(short_count(10'000'000) == "10.0 M");
  CHECK(short_count(123'450'000) == "123.5 M");
}

TEST_CASE("ticks: 1, 2 or 5 times a power of ten apart, from 0 to the end, no more than asked for behind the 0") {
  using Ticks = std::vector<double>;
  CHECK(nice_ticks(100, 5) == Ticks{0, 20, 40, 60, 80, 100});
  CHECK(nice_ticks(100, 4) == Ticks{0, 50, 100});
  CHECK(nice_ticks(99, 10) == Ticks{0, 10, 20, 30, 40, 50, 60, 70, 80, 90});
  CHECK(nice_ticks(7, 7) == Ticks{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(nice_ticks(7, 1) == Ticks{0});
  CHECK(nice_ticks(0.5, 2) == Ticks{0, 0.5});
}

TEST_CASE("a step's time and size in words") {
  StepView view;
  view.model = "m";
  view.machine = "w";
  view.name = "step 3";
  view.clock_mhz = 850;
  view.from = 1000;
  view.end = 8'500'999;  // 9999.999 us
  CHECK(step_time(view, "u") == "8,499,999 cycles = 10000.0 us");
  view.end = 8'501'000;
  CHECK(step_time(view, "u") == "8,500,000 cycles = 10.0 ms");
  view.bubble = 850'000;
  CHECK(bubble_words(view) == "850,000 cycles, 10.0 % of the time since the step before ended");
  view.from = 0;
  CHECK(bubble_words(view) == "850,000 cycles, 10.0 % of the time since the run began");
  view.batch = 1024;
  view.pes = 745'500;
  CHECK(step_title(view) == "m on w, 1 system, step 3");
  CHECK(step_size(view) == "batch 1,024 in 1 micro-batch, 745,500 PEs at 850 MHz");
  view.systems = 2;
  view.micro_batches = 4;
  CHECK(step_title(view) == "m on w, 2 systems, step 3");
  CHECK(step_size(view) == "batch 1,024 in 4 micro-batches, 2 x 745,500 PEs at 850 MHz");
}

TEST_CASE("a name is cut in front of the character that would be one too many, whatever bytes it has") {
  CHECK(shortened("abcd", 4, "..") == "abcd");
  CHECK(shortened("abcde", 4, "..") == "abc..");
  CHECK(shortened("\u00e4\u00f6\u00fc\u00df", 4, "..") == "\u00e4\u00f6\u00fc\u00df");
  CHECK(shortened("\u00e4\u00f6\u00fc\u00df!", 4, "..") == "\u00e4\u00f6\u00fc..");
}

TEST_CASE("what holds up a launch stands by its share, equal shares in the order in which they came") {
  const proto::LaunchExplanation launch{"step 3, fc1 matmul_forward",
                                        100,
                                        {{proto::Limiter::pe_issue, "PE (0, 0)", 20},
                                         {proto::Limiter::pe_sum, "PE (0, 1)", 20},
                                         {proto::Limiter::edge_in, "west edge of row 0", 60}}};
  const std::string text = explain_text({launch});
  const auto edge = text.find("60.0 %"), issue = text.find("PE (0, 0)"), sum = text.find("PE (0, 1)");
  REQUIRE((edge != std::string::npos && issue != std::string::npos && sum != std::string::npos));
  CHECK(edge < issue);
  CHECK(issue < sum);
}
