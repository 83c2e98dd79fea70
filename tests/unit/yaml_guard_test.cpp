// Does every text that would hang the YAML parser or fill the memory end in an error with its place?
#include "tlm/base/yaml_guard.h"

#include <catch2/catch.hpp>
#include <string>

#include "tlm/base/error.h"
#include "tlm/base/yaml_reader.h"

using namespace weft;
using Catch::Matchers::Contains;

namespace {

/// The refusal of the reader that everyone uses; empty if the text is read.
std::string refusal(const std::string& text) {
  try {
    YamlReader reader(text, "file.yaml");
    return {};
  } catch (const UsageError& error) {
    CHECK_THAT(error.what(), Contains("file.yaml"));
    return error.what();
  }
}

std::string repeated(const std::string& part, int times) {
  std::string text;
  for (int time = 0; time < times; ++time) text += part;
  return text;
}

}  // namespace

TEST_CASE("a text that goes on after its end is refused, not read for ever") {
  CHECK_FALSE(refusal("!planno,e.s").empty());  // found by the fuzzer: the parser stands still before the comma
  CHECK_THAT(refusal("a: {b: 1}\n, c: 2}\n"), Contains("file.yaml:2") && Contains("not valid YAML"));
  CHECK_THAT(refusal("a: 1\n---\nb: 1\n"), Contains("more than one document"));
  CHECK_THAT(refusal("]"), Contains("file.yaml"));
}

TEST_CASE("deep nesting is refused with its line, what people write is not") {
  CHECK_THAT(refusal("a: " + repeated("[", 200) + repeated("]", 200)),
             Contains("file.yaml:1") && Contains("nested deeper"));
  CHECK_THAT(refusal("a: " + repeated("[", 100'000)), Contains("file.yaml:1"));
  CHECK(refusal("a: " + repeated("[", 63) + repeated("]", 63)).empty());  // with the map 64
  CHECK_THAT(refusal("a: " + repeated("[", 64) + repeated("]", 64)), Contains("nested deeper than 64"));
}

TEST_CASE("aliases of aliases are counted for what they stand for") {
  std::string bomb = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n";
  for (int level = 1; level < 10; ++level) {
    const std::string before = std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + repeated("*a" + before + ", ", 9) +
            "*a" + before + "]\n";
  }
  CHECK_THAT(refusal(bomb), Contains("file.yaml:5") && Contains("more than"));
  CHECK_THAT(refusal("a: &x [*x]\n"), Contains("file.yaml:1"));
  CHECK_THAT(refusal("a: [" + repeated("1,", 30'000) + "1]"), Contains("more than"));
}

TEST_CASE("a tab that indents is named") {
  CHECK_THAT(refusal("a:\n  b: 1\n\tc: 2\n"), Contains("not valid YAML") && Contains("line 3 is indented with a tab"));
  CHECK_THAT(refusal("a: [1\nb:\t2\n"), !Contains("tab"));
}

TEST_CASE("an empty text says so") {
  CHECK_THAT(refusal(""), Contains("is empty"));
  CHECK_THAT(refusal("# nothing\n"), Contains("is empty"));
}
