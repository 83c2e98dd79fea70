// Question: where do the tokens of sequences stand that are dealt to their columns, and is every token found again?
#include "hw/fabric/token_order.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "hw/fabric/head_grid.h"

using namespace weft::hw;

namespace {

std::vector<int> numbers(const TokenOrder& order, int tokens) {
  std::vector<int> all;
  for (int place = 0; place < tokens; ++place) all.push_back(order.number_at(place));
  return all;
}

}  // namespace

TEST_CASE("two sequences of six tokens on two columns each, one of five tokens on two: by hand") {
  const TokenOrder dealt(12, 4, 6), as_they_come(12, 4), one(5, 2, 5);
  CHECK(numbers(dealt, 12) == std::vector<int>{0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11});
  CHECK(numbers(as_they_come, 12) == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  CHECK(numbers(one, 5) == std::vector<int>{0, 2, 4, 1, 3});
  CHECK((dealt.column(1).first == 1 && dealt.column(1).step == 2));
  CHECK((dealt.column(2).first == 6 && dealt.column(2).step == 2));
  CHECK((as_they_come.column(2).first == 6 && as_they_come.column(2).step == 1));
  CHECK(dealt.place_of(9) == 10);
}

TEST_CASE("random lanes: a token of a sequence is in the column that it is dealt to, and each token has one place") {
  std::mt19937 random(3);
  const auto any = [&](int most) { return 1 + static_cast<int>(random() % static_cast<unsigned>(most)); };
  int uneven = 0;
  for (int number = 0; number < 500; ++number) {
    const int sequences = any(5), length = any(30), tokens = sequences * length;
    const int columns = best_columns(sequences + any(40), sequences, length);
    const HeadGrid grid({columns, 1}, {1, 1, sequences, length});
    const TokenOrder order(tokens, columns, length);
    std::vector<bool> seen(static_cast<std::size_t>(tokens));
    int narrowest = columns, widest = 0;
    for (int sequence = 0; sequence < sequences; ++sequence) {
      const HeadGrid::Place place = grid.place(0, sequence);
      const int wide = place.rectangle.width;
      narrowest = std::min(narrowest, wide);
      widest = std::max(widest, wide);
      int at = place.first_token;
      for (int column = 0; column < wide; ++column) {
        REQUIRE(order.column(place.first_column + column).first == sequence * length + column);
        REQUIRE(order.column(place.first_column + column).step == wide);
        for (int token = column; token < length; token += wide, ++at) {
          REQUIRE(order.number_at(at) == sequence * length + token);
          REQUIRE(order.place_of(sequence * length + token) == at);
          REQUIRE_FALSE(seen.at(static_cast<std::size_t>(at)));
          seen[static_cast<std::size_t>(at)] = true;
        }
      }
    }
    REQUIRE(std::count(seen.begin(), seen.end(), true) == tokens);
    uneven += narrowest < widest;
  }
  CHECK(uneven > 20);
}
