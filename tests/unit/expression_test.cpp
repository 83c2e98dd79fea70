// Question: do formulas of fabric programs mean what C means by them, and is every mistake an error?
#include "sw/fabric/expression.h"

#include <catch2/catch.hpp>

#include <random>

#include "tlm/base/error.h"

using namespace weft;
using Catch::Contains;
using sw::Expression;
using sw::Names;
using sw::Number;

namespace {

const Names names = {"P", "x", "S"};
const std::vector<Number> values = {64, 5, 8};

Number value(const std::string& text) { return Expression(text, names).evaluate(values); }

}  // namespace

TEST_CASE("operators bind and associate as in C") {
  CHECK(value("1 + 2 * 3") == 7);
  CHECK(value("(1 + 2) * 3") == 9);
  CHECK(value("10 - 3 - 2") == 5);
  CHECK(value("100 / 7 / 2") == 7);
  CHECK(value("-7 / 2") == -3);
  CHECK(value("-7 % 3") == -1);
  CHECK(value("1 << 2 + 1") == 8);
  CHECK(value("64 >> 2") == 16);
  CHECK(value("1 < 2 == 1") == 1);
  CHECK(value("0 || 1 && 0") == 0);
  CHECK(value("!0 + !5") == 1);
  CHECK(value("- - 3") == 3);
  CHECK(value("1 ? 2 : 0 ? 3 : 4") == 2);
  CHECK(value("0 ? 2 : 0 ? 3 : 4") == 4);
  CHECK(value("x % S == 5 && P / S >= 8") == 1);
  CHECK(value("min(x, S) + max(x, S)") == 13);
}

TEST_CASE("bits and zeros") {
  CHECK(value("bits(0)") == 0);
  CHECK(value("bits(1)") == 1);
  CHECK(value("bits(P - 1)") == 6);
  CHECK(value("bits(P)") == 7);
  CHECK(value("zeros(12)") == 2);
  CHECK(value("zeros(0)") == 0);
}

TEST_CASE("the other side is not evaluated") {
  CHECK(value("0 && 1 / 0") == 0);
  CHECK(value("1 || 1 / 0") == 1);
  CHECK(value("1 ? 7 : 1 / 0") == 7);
}

TEST_CASE("a mistake is an error that names it") {
  const auto refused = [](const std::string& text, const std::string& expected) {
    INFO(text);
    REQUIRE_THROWS_AS(value(text), UsageError);
    REQUIRE_THROWS_WITH(value(text), Contains(expected));
  };
  refused("", "expected a number, a name or '('");
  refused("1 +", "found the end");
  refused("(1", "expected ')'");
  refused("1 2", "expected an operator, found '2'");
  refused("PP", "unknown name PP; nearest: P");
  refused("min(1)", "expected ','");
  refused("bits 1", "expected '('");
  refused("1 ? 2", "expected ':'");
  refused("3x", "a whole number");
  refused("99999999999999999999", "a whole number");
  refused("1 / (x - 5)", "division by zero");
  refused("9223372036854775807 + 1", "does not fit");
  refused("1 << 63", "does not fit");
  refused("1 >> -1", "a shift by -1");
  refused(std::string(10'000, '('), "levels of brackets");
  refused(std::string(10'000, '-') + "1", "fewer signs");
}

TEST_CASE("no text crashes the parser") {
  std::mt19937 random(3);
  int read = 0, refused = 0;
  const std::string letters = "Px0 19()+-*/%<>=!&|?:,mi";
  for (int number = 0; number < 20'000; ++number) {
    std::string text;
    for (auto length = random() % 12; length > 0; --length) text += letters[random() % letters.size()];
    try {
      value(text);
      ++read;
    } catch (const UsageError&) {
      ++refused;
    }
  }
  CHECK(read > 0);
  CHECK(refused > 0);
  CHECK(read + refused == 20'000);
}
