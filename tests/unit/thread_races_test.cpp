// Question: is the word named that both threads use at the same time, at the gate of its words, strides and cycles?
#include <catch2/catch.hpp>

#include "hw/pe/thread_races.h"

using namespace weft;
using namespace weft::hw;
using Catch::Contains;

namespace {

VectorWords writing(const WordRange& range) {
  VectorWords words;
  words.written = range;
  words.writes[0] = range;
  return words;
}

VectorWords reading(const WordRange& range) {
  VectorWords words;
  words.read[1] = range;
  return words;
}

std::string race_of(const VectorWords& first, const VectorWords& second) {
  ThreadRaces races;
  races.use(0, {}, first, 5);
  CHECK(races.first().empty());
  races.use(1, {}, second, 6);
  return races.first();
}

}  // namespace

TEST_CASE("the first word that one thread writes and the other uses") {
  const VectorWords mine = writing({10, 20});
  CHECK_THAT(race_of(mine, reading({8, 11})), Contains("cycle 6: both threads use word 10 "));
  CHECK_THAT(race_of(reading({8, 11}), mine), Contains("use word 10 "));
  CHECK_THAT(race_of(mine, writing({19, 25})), Contains("use word 19 "));
  CHECK_THAT(race_of(mine, reading({10, 11})), Contains("use word 10 "));
  for (const WordRange& beside : {WordRange{20, 25}, WordRange{8, 10}, WordRange{}}) {
    CHECK(race_of(mine, reading(beside)).empty());
    CHECK(race_of(mine, writing(beside)).empty());
  }
  CHECK(race_of(reading({10, 20}), reading({10, 20})).empty());
}

TEST_CASE("between the words of a stride nothing is used") {
  const VectorWords mine = writing({10, 20, 4, 2});  // 10, 11, 14, 15, 18, 19
  CHECK(race_of(mine, reading({12, 14})).empty());
  CHECK_THAT(race_of(mine, reading({12, 15})), Contains("use word 14 "));
  CHECK_THAT(race_of(mine, reading({15, 16})), Contains("use word 15 "));
  CHECK(race_of(mine, reading({8, 17, 4, 2})).empty());  // 8, 9, 12, 13, 16
}

TEST_CASE("a thread that has left uses its words until its vector ends, later by what the other took") {
  for (const Cycle lost : {0, 3})
    for (const Cycle now : {8, 9, 11, 12}) {
      ThreadRaces races;
      races.use(0, {}, writing({10, 20}), 5);
      races.leave(0, 9);
      races.lengthen(0, lost);
      races.use(1, {}, reading({10, 20}), now);
      CHECK(races.first().empty() == (now >= 9 + lost));
    }
}
