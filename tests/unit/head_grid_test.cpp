// Question: does each head get rows of its own and each sequence columns of its own exactly where the lane's layout has
// it so, and does a rectangle then hold what its own launches say that it holds?
#include <catch2/catch.hpp>

#include <random>

#include "hw/fabric/head_grid.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;

namespace {

constexpr KernelKind products[] = {KernelKind::attention_scores, KernelKind::attention_values,
                                   KernelKind::attention_keys};

/// The lines of [lines] that hold elements [first, last), and whether one of them holds others: told by what a block
/// says of each line, one after the other.
struct Held {
  int first = 0, lines = 0;
  bool others = false;
};
template <typename First, typename Count>
Held held(int lines, int first, int last, First&& first_of, Count&& count_of) {
  Held held;
  for (int line = 0; line < lines; ++line) {
    const int begin = first_of(line), end = begin + count_of(line);
    if (end <= first || begin >= last) continue;
    if (held.lines++ == 0) held.first = line;
    held.others = held.others || begin < first || end > last;
  }
  return held;
}

Held rows_of_head(const BlockMap& lane, const HeadShape& shape, int head) {
  return held(
      lane.rows(), head * shape.head_size, (head + 1) * shape.head_size,
      [&](int row) { return lane.first_feature(row); }, [&](int row) { return lane.features_of(row); });
}
Held columns_of_sequence(const BlockMap& lane, const HeadShape& shape, int sequence) {
  return held(
      lane.columns(), sequence * shape.length, (sequence + 1) * shape.length,
      [&](int column) { return lane.first_token(column); }, [&](int column) { return lane.tokens_of(column); });
}

bool no_line_has_two(const BlockMap& lane, const HeadShape& shape) {
  bool none = true;
  for (int head = 0; head < shape.heads; ++head) none = none && !rows_of_head(lane, shape, head).others;
  for (int sequence = 0; sequence < shape.sequences; ++sequence)
    none = none && !columns_of_sequence(lane, shape, sequence).others;
  return none;
}

}  // namespace

TEST_CASE("2 heads of 6 features on 5 rows, 3 sequences of 4 tokens on 6 columns: by hand") {
  // Rows hold 3, 3, 2, 2, 2 features, columns 2 tokens each.
  const HeadGrid grid({6, 5}, {2, 6, 3, 4});
  REQUIRE(grid.places() == 6);
  const HeadGrid::Place last = grid.place(5);
  CHECK(last.first_row == 2);
  CHECK(last.rectangle.height == 3);
  CHECK(last.first_column == 4);
  CHECK(last.rectangle.width == 2);
  CHECK(last.first_feature == 6);
  CHECK(last.first_key == 4);
  CHECK(last.first_token == 8);
  CHECK(grid.place(0).rectangle.height == 2);
  const std::vector<HeadGrid::Kind> kinds = grid.kinds();
  REQUIRE(kinds.size() == 2);
  CHECK(kinds[0].rectangle.height == 2);
  CHECK(kinds[1].rectangle.height == 3);
  for (const HeadGrid::Kind& kind : kinds) {
    CHECK(kind.rectangle.width == 2);
    CHECK(kind.count == 3);
  }
  // 4 keys on 3 rows.
  const BlockMap scores = grid.scores(last.rectangle);
  CHECK(scores.features_of(0) == 2);
  CHECK(scores.features_of(1) == 1);
  CHECK(scores.tokens_of(1) == 2);
}

TEST_CASE("a lane with more rows than features and more columns than tokens leaves the last ones free") {
  const HeadGrid grid({9, 7}, {3, 2, 2, 4});
  CHECK(grid.place(2, 1).first_row == 4);
  CHECK(grid.place(2, 1).rectangle.height == 2);
  CHECK(grid.place(2, 1).first_column == 4);
  CHECK(grid.place(2, 1).rectangle.width == 4);
}

TEST_CASE("where a head or a sequence would be cut, all that is wrong is told, and what would do") {
  CHECK(HeadGrid::misfit({6, 8}, {4, 16, 3, 4}).empty());
  CHECK(HeadGrid::misfit({6, 10}, {4, 16, 3, 4}) ==
        "4 heads of 16 features over 10 rows: row 2 holds features of heads 0 and 1; 8 or 16 rows would do");
  CHECK(HeadGrid::misfit({1, 3}, {4, 1, 3, 4}) ==
        "4 heads of 1 feature over 3 rows: row 0 holds features of heads 0 and 1; 4 rows would do; "
        "3 sequences of 4 tokens over 1 column: column 0 holds tokens of sequences 0 to 2; 3 columns would do");
  CHECK_THROWS_WITH(HeadGrid({1, 8}, {4, 16, 2, 4}),
                    "attention: 2 sequences of 4 tokens over 1 column: column 0 holds tokens of sequences 0 and 1; 2 "
                    "columns would do");
  CHECK_THROWS_AS(HeadGrid({1, 8}, {4, 16, 2, 4}), UsageError);
}

TEST_CASE("the most rows: at the gate and beside it") {
  CHECK(best_rows(8, 4, 16) == 8);
  CHECK(best_rows(15, 4, 16) == 8);
  CHECK(best_rows(16, 4, 16) == 16);
  CHECK(best_rows(1000, 4, 16) == 64);
  CHECK(best_rows(4, 4, 16) == 4);
  CHECK(best_rows(3, 4, 16) == 0);
  CHECK(best_rows(5, 2, 6) == 5);            // 3, 3, then 2, 2, 2
  CHECK(best_columns(750, 12, 128) == 750);  // the first sequence: 36 of 3 tokens, 10 of 2; the others: 64 of 2
  CHECK(best_columns(7, 1, 128) == 7);
}

TEST_CASE("grouped queries: a row holds as much of the keys as another, and so of the queries") {
  CHECK(best_rows(100, 2, 6, 3) == 12);
  CHECK(best_rows(11, 2, 6, 3) == 6);
  CHECK(best_rows(5, 2, 6, 3) == 4);
  CHECK(best_rows(3, 2, 6, 3) == 2);
  CHECK(best_rows(1, 2, 6, 3) == 0);
  CHECK(best_rows(5, 2, 6) == 5);
  CHECK(HeadGrid::misfit({1, 5}, {2, 6, 1, 4}).empty());
  CHECK(HeadGrid::misfit({1, 5}, {2, 6, 1, 4, 3}) ==
        "3 heads of queries to a head of keys over 5 rows: each row must hold as much; 4 rows would do");
  const HeadGrid grid({3, 4}, {2, 6, 1, 8, 3});
  const HeadGrid::Place place = grid.place(1);
  const BlockMap queries{{3, 4}, 36, 8, 3}, keys{{3, 4}, 12, 8}, scores = grid.scores(place.rectangle);
  for (int row = 0; row < 4; ++row) {
    CHECK(queries.first_feature(row) == 3 * keys.first_feature(row));
    CHECK(queries.features_of(row) == 3 * keys.features_of(row));
  }
  CHECK(scores.features == 24);
  CHECK(scores.features_of(0) == 12);
  const LaunchMap map = grid.map(KernelKind::attention_scores, place.rectangle);
  CHECK(map.rounds == 8);
  CHECK(map.elements == std::vector<int>{9, 9, 6});
  CHECK(map.wavelets == std::vector<int>{3, 3});
  const LaunchMap back = grid.map(KernelKind::attention_keys, place.rectangle);
  CHECK(back.wavelets == std::vector<int>{9, 9, 6});
  CHECK(back.sum_owners.count(2) == 2);
}

TEST_CASE("random lanes: places are what the lane's blocks and the rectangles' launches hold") {
  std::mt19937 random(3);
  const auto any = [&](int most) { return 1 + static_cast<int>(random() % static_cast<unsigned>(most)); };
  int fitting = 0;
  for (int number = 0; number < 4000; ++number) {
    const HeadShape shape{any(4), any(12), any(4), any(12)};
    Rectangle rectangle{any(30), any(30)};
    if (number % 2 == 0) {
      rectangle.height = best_rows(rectangle.height + shape.heads, shape.heads, shape.head_size);
      rectangle.width = best_columns(rectangle.width + shape.sequences, shape.sequences, shape.length);
    }
    INFO(rectangle.height << " rows: " << shape.heads << " x " << shape.head_size << ", " << rectangle.width
                          << " columns: " << shape.sequences << " x " << shape.length);
    const BlockMap lane{rectangle, shape.features(), shape.tokens()};
    const bool fits = no_line_has_two(lane, shape);
    REQUIRE(HeadGrid::misfit(rectangle, shape).empty() == fits);
    if (number % 2 == 0) CHECK(fits);
    if (!fits) continue;
    ++fitting;
    const HeadGrid grid(rectangle, shape);
    int counted = 0;
    for (const HeadGrid::Kind& kind : grid.kinds()) counted += kind.count;
    CHECK(counted == grid.places());
    for (int index = 0; index < grid.places(); ++index) {
      const HeadGrid::Place place = grid.place(index);
      const Held rows = rows_of_head(lane, shape, index / shape.sequences),
                 columns = columns_of_sequence(lane, shape, index % shape.sequences);
      CHECK(place.first_row == rows.first);
      CHECK(place.rectangle.height == rows.lines);
      CHECK(place.first_column == columns.first);
      CHECK(place.rectangle.width == columns.lines);
      CHECK(place.first_key == index / shape.sequences * shape.length);
      const BlockMap own{place.rectangle, shape.head_size, shape.length}, scores = grid.scores(place.rectangle);
      for (int row = 0; row < rows.lines; ++row) {
        CHECK(place.first_feature + own.first_feature(row) == lane.first_feature(rows.first + row));
        CHECK(own.features_of(row) == lane.features_of(rows.first + row));
      }
      for (int column = 0; column < columns.lines; ++column) {
        CHECK(place.first_token + own.first_token(column) == lane.first_token(columns.first + column));
        CHECK(own.tokens_of(column) == lane.tokens_of(columns.first + column));
        CHECK(scores.first_token(column) == own.first_token(column));
      }
      for (const KernelKind kind : products) {
        const LaunchMap map = grid.map(kind, place.rectangle);
        const Owners& by_row = kind == KernelKind::attention_scores   ? map.sum_owners
                               : kind == KernelKind::attention_values ? map.vector_owners
                                                                      : map.stream_owners;
        const Owners& by_column = kind == KernelKind::attention_keys ? map.sum_owners : map.stream_owners;
        const std::vector<int>&features = map.lines_are_rows ? map.wavelets : map.elements,
              &tokens = map.lines_are_rows ? map.elements : map.wavelets;
        for (int row = 0; row < rows.lines; ++row) {
          CHECK(features[static_cast<std::size_t>(row)] == own.features_of(row));
          CHECK(by_row.first(row) == scores.first_feature(row));
          CHECK(by_row.count(row) == scores.features_of(row));
        }
        for (int column = 0; column < columns.lines; ++column) {
          CHECK(tokens[static_cast<std::size_t>(column)] == own.tokens_of(column));
          CHECK(by_column.first(column) == own.first_token(column));  // a key is a token
          CHECK(by_column.count(column) == own.tokens_of(column));
        }
      }
    }
  }
  CHECK(fitting > 2100);
}

TEST_CASE("the most lines are no fewer than any that do") {
  for (int parts = 1; parts <= 4; ++parts)
    for (int size = 1; size <= 8; ++size)
      for (int most = 1, best = 0; most <= parts * size + 3; ++most) {
        if (most <= parts * size && no_line_has_two({{1, most}, parts * size, 1}, {parts, size, 1, 1})) best = most;
        INFO(parts << " parts of " << size << " on " << most);
        CHECK(best_lines(most, parts, size) == best);
      }
}
