// Question: does the line of a long run say what it is at, since when, and how long the rest takes?
#include "sw/driver/progress_line.h"

#include <catch2/catch.hpp>

using namespace weft;

namespace {

sw::RunProgress::Time at(double seconds) {
  return sw::RunProgress::Time() +
         std::chrono::duration_cast<sw::RunProgress::Time::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

TEST_CASE("the time that is left is that of the rest at the speed so far, not counting what an earlier start did") {
  CHECK(sw::seconds_left(30, 0, 0.25) == Approx(90));
  CHECK(sw::seconds_left(30, 0.5, 0.75) == Approx(30));
  CHECK(sw::time_left_text(119.4) == "119 s");
  CHECK(sw::time_left_text(120) == "2 min");
  CHECK(sw::time_left_text(7199) == "120 min");
  CHECK(sw::time_left_text(7200) == "2.0 h");
  CHECK(sw::time_left_text(12240) == "3.4 h");
}

TEST_CASE("each thing that is done has a clock of its own, simulating one from its first share on") {
  sw::RunProgress progress(at(100));
  CHECK(progress.line(at(102)) == "starting, 2 s");
  progress.doing("reading the data", at(110));
  CHECK(progress.line(at(113)) == "reading the data, 3 s");
  progress.simulating(0.5, "step 6 of 10", at(120));
  CHECK(progress.line(at(125)) == "step 6 of 10: 50.0 %");
  progress.simulating(0.75, "step 8 of 10", at(125));
  CHECK(progress.line(at(150)) == "step 8 of 10: 75.0 %, about 30 s left");
  progress.doing("writing the results", at(160));
  CHECK(progress.line(at(161)) == "writing the results, 1 s");
  progress.simulating(0.9, "step 1 of 10", at(170));
  CHECK(progress.line(at(190)) == "step 1 of 10: 90.0 %");
}
