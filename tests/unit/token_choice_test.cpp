// Are tokens drawn as often as the softmax of their logits says, the same for a seed, and the likeliest when it is
// cold?
#include "sw/text/token_choice.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace weft;

namespace {

std::vector<int> counts(const std::vector<float>& logits, double temperature, std::uint64_t seed, int draws) {
  sw::TokenChoice choice(temperature, seed);
  std::vector<int> found(logits.size());
  for (int draw = 0; draw < draws; ++draw) ++found.at(static_cast<std::size_t>(choice.next(logits)));
  return found;
}

std::vector<std::int32_t> drawn(const std::vector<float>& logits, double temperature, std::uint64_t seed, int draws) {
  sw::TokenChoice choice(temperature, seed);
  std::vector<std::int32_t> ids;
  for (int draw = 0; draw < draws; ++draw) ids.push_back(choice.next(logits));
  return ids;
}

}  // namespace

TEST_CASE("a token is drawn as often as the softmax says") {
  // exp of these is in the ratio 1 : 2 : 4 : 8, of their halves 1 : 1.414 : 2 : 2.828.
  const float two = std::log(2.0F);
  const std::vector<float> logits = {100.0F, 100.0F + two, 100.0F + 2 * two, 100.0F + 3 * two};
  constexpr int draws = 60'000;
  for (const auto& [temperature, ratio] : {std::pair(1.0, 2.0), std::pair(2.0, std::sqrt(2.0))})
    for (const std::uint64_t seed : {0U, 1U, 7U}) {
      const std::vector<int> found = counts(logits, temperature, seed, draws);
      double sum = 0;
      for (int id = 0; id < 4; ++id) sum += std::pow(ratio, id);
      for (int id = 0; id < 4; ++id) {
        const double share = std::pow(ratio, id) / sum;
        const double deviation = std::sqrt(draws * share * (1 - share));
        CHECK(std::abs(found[static_cast<std::size_t>(id)] - draws * share) < 4 * deviation);
      }
    }
}

TEST_CASE("what is as good as impossible is not drawn") {
  const std::vector<int> found = counts({0, 200, -60000, 200, 0}, 1, 3, 2000);
  CHECK(found[1] + found[3] == 2000);
  CHECK(found[1] > 850);
  CHECK(found[3] > 850);
}

TEST_CASE("at temperature 0 it is the first of the largest") {
  CHECK(drawn({-3, 5, 2, 5}, 0, 9, 3) == std::vector<std::int32_t>{1, 1, 1});
  CHECK(drawn({-3, 5, 2, 5.5F}, 1e-9, 9, 3) == std::vector<std::int32_t>{3, 3, 3});
  CHECK(drawn({2}, 1, 9, 2) == std::vector<std::int32_t>{0, 0});
}

TEST_CASE("a seed is a row of tokens") {
  const std::vector<float> logits(50, 1.0F);
  CHECK(drawn(logits, 1, 4, 40) == drawn(logits, 1, 4, 40));
  CHECK(drawn(logits, 1, 4, 40) != drawn(logits, 1, 5, 40));
  // By SplitMix64 in Python: 50 equal ones, the numbers of seed 9 from the first on.
  CHECK(drawn(logits, 1, 9, 8) == std::vector<std::int32_t>{44, 4, 5, 6, 43, 49, 37, 1});
}
