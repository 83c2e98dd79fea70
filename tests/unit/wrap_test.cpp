// Question: does a line take a word that ends in column 80, and is a longer one begun with its indent?
#include "tlm/base/wrap.h"

#include <catch2/catch.hpp>

using weft::wrapped;

TEST_CASE("a word that ends in column 80 stays on its line, one that ends in column 81 begins the next") {
  const std::string forty(40, 'x'), fits(39, 'y'), longer(40, 'y');
  CHECK(wrapped("", 2, forty + " " + fits) == forty + " " + fits + "\n");
  CHECK(wrapped("", 2, forty + "  " + longer + " z") == forty + "\n  " + longer + " z\n");
  CHECK(wrapped("why: ", 5, std::string(75, 'x') + " next") == "why: " + std::string(75, 'x') + "\n     next\n");
}

TEST_CASE("a word longer than a line stays whole, no words give the beginning alone") {
  const std::string whole(100, 'x');
  CHECK(wrapped("a ", 1, whole + " b") == "a " + whole + "\n b\n");
  CHECK(wrapped("a ", 1, " ") == "a \n");
}
