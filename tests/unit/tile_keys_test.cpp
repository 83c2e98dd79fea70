// Question: which keys does a tile of attention have?
#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

#include "hw/fabric/tile_keys.h"

using namespace weft::hw;

TEST_CASE("tiles of 8 keys on 3 columns: by hand") {
  // Columns hold keys 0 to 2, 3 to 5, and 6 and 7. Of each the first half, the larger, comes first.
  const std::vector<int> first{0, 1, 3, 4, 6}, second{2, 5, 7};
  const TileKeys tiles[] = {{8, 3, 2, 0}, {8, 3, 2, 1}};
  REQUIRE(tiles[0].count() == 5);
  REQUIRE(tiles[1].count() == 3);
  for (int round = 0; round < 5; ++round) CHECK(tiles[0].place(round) == first[static_cast<std::size_t>(round)]);
  for (int round = 0; round < 3; ++round) CHECK(tiles[1].place(round) == second[static_cast<std::size_t>(round)]);
}

TEST_CASE("tiles of all lengths, widths and numbers: each key is in one, and rounds stand with their owners") {
  for (int length = 1; length <= 24; ++length)
    for (int columns = 1; columns <= length; ++columns)
      for (int tiles = 0; TileKeys::fits(length, columns, tiles); ++tiles) {
        INFO(length << " keys on " << columns << " columns, " << tiles << " tiles");
        std::vector<int> had(static_cast<std::size_t>(length));
        int before = length;
        for (int tile = 0; tile < std::max(tiles, 1); ++tile) {
          const TileKeys keys(length, columns, tiles, tile);
          REQUIRE(keys.count() >= 1);
          CHECK(keys.count() <= before);  // the first is the largest
          before = keys.count();
          int last = -1;
          for (int round = 0; round < keys.count(); ++round) {
            const int place = keys.place(round);
            REQUIRE((place > last && place < length));
            last = place;
            ++had[static_cast<std::size_t>(place)];
            CHECK(split_line(length, columns, place) == split_line(keys.count(), columns, round));
          }
        }
        CHECK(std::count(had.begin(), had.end(), 1) == length);
      }
}
