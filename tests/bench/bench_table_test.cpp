// Question: does the table judge a bar right at the gate, on the value or on the ratio, and is an exponent one?
#include <catch2/catch.hpp>

#include "tests/bench/bench_table.h"
#include "tests/bench/growth_exponent.h"

using namespace weft::bench;

TEST_CASE("a bar at the gate and beyond") {
  BenchRow row{"f", "start", 3, "s", "", {}, at_most(3, "<= 3")};
  CHECK_FALSE(row.missed());
  row.value = 3.001;
  CHECK(row.missed());
  row = {"g", "dense", 100, "GF/s", "250 GF/s", 0.4, at_least(0.4, ">= 0.4"), true};
  CHECK_FALSE(row.missed());
  row.ratio = 0.399;
  CHECK(row.missed());
  row.skipped = "no yardstick";
  CHECK_FALSE(row.missed());
}

TEST_CASE("text and JSON show the same verdict") {
  BenchTable table;
  table.add({"c", "hops", 4e8, "/s", "5e8/s", 0.8, at_least(1, ">= 1"), true});
  table.add({"a", "steps", 1e9, "/s"});
  CHECK(table.missed() == 1);
  CHECK(table.text().find("MISSED") != std::string::npos);
  CHECK(table.json().at("rows").at(0).at("missed") == true);
  CHECK(table.json().at("rows").at(1).count("bar") == 0);
}

TEST_CASE("growth exponents of powers") {
  CHECK(growth_exponent({1, 2, 4, 8}, {3, 6, 12, 24}) == Approx(1));
  CHECK(growth_exponent({10, 100}, {5, 500}) == Approx(2));
}
