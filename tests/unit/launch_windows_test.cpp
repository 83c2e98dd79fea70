// Question: is a mask's window in each round and column what the mask says of each token, dealt to the columns in turn?
#include <catch2/catch.hpp>

#include <random>

#include "hw/fabric/launch_map.h"
#include "tests/support/mini_machine.h"

using namespace weft;
using namespace weft::hw;
using test::mini;

TEST_CASE("5 tokens and keys on 2 columns, causal: by hand") {
  // Column 0 holds tokens and keys 0, 2, 4, column 1 holds 1 and 3; the sums go to the column that holds the key.
  const LaunchMap map(KernelKind::attention_keys, {"head", 3, 5, "", 0}, {2, 2}, 5);
  const LaunchWindows windows = windows_of(map, {true, 0, 0}, mini().router.input_queue, dealt_keys(map));
  const int keys[] = {0, 2, 4, 1, 3}, first[][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 0}, {2, 1}},
            count[][2] = {{3, 2}, {2, 1}, {1, 0}, {2, 2}, {1, 1}};
  for (int round = 0; round < 5; ++round) {
    CHECK(dealt_keys(map).keys[static_cast<std::size_t>(round)] == keys[round]);
    for (int column = 0; column < 2; ++column) {
      INFO("round " << round << " column " << column);
      CHECK(windows.at(round, column).count == count[round][column]);
      CHECK(windows.at(round, column).first == first[round][column]);
    }
  }
}

TEST_CASE("random masks: no token that attends is left out, none taken without need, each key is one round") {
  std::mt19937 random(5);
  const auto any = [&](int least, int most) { return least + static_cast<int>(random() % (most - least + 1)); };
  int left_out = 0, empty = 0;
  for (int number = 0; number < 2000; ++number) {
    const KernelKind kind = number % 2 == 0 ? KernelKind::attention_scores : KernelKind::attention_keys;
    const int tokens = any(1, 60);
    const LaunchMap map(kind, {"head", any(1, 9), any(1, 60), "", 0}, {any(1, 6), any(1, 6)}, tokens);
    const AttentionMask mask{random() % 2 == 0, random() % 2 == 0 ? any(1, 20) : 0, random() % 2 == 0 ? any(1, 70) : 0};
    const LaunchWindows windows = windows_of(map, mask, mini().router.input_queue, dealt_keys(map));
    const std::vector<int>& held = map.lines_are_rows ? map.elements : map.wavelets;
    const int columns = static_cast<int>(held.size());
    std::vector<int> rounds_of_key(static_cast<std::size_t>(map.rounds));
    for (int round = 0; round < map.rounds; ++round) {
      const int key = dealt_keys(map).keys[static_cast<std::size_t>(round)];
      ++rounds_of_key.at(static_cast<std::size_t>(key));
      for (int column = 0; column < columns; ++column) {
        const TokenWindow window = windows.at(round, column);
        const int own = held[static_cast<std::size_t>(column)],
                  least = map.lines_are_rows ? std::min(own, mini().router.input_queue) : 0;
        int attend = 0;
        for (int token = 0; token < own; ++token) {
          const bool attends = mask.attends(token * columns + column, key);
          attend += attends;
          if (attends) REQUIRE(window.has(token));
        }
        REQUIRE(window.end() <= own);
        REQUIRE(window.count == std::max(attend, least));
        left_out += own - window.count;
        empty += window.count == 0;
      }
    }
    REQUIRE(rounds_of_key == std::vector<int>(rounds_of_key.size(), 1));
  }
  CHECK(left_out > 10'000);
  CHECK(empty > 1000);
}
