// Does the reader resolve what was written, say where it came from, and name every mistake so that it can be found?
#include "tlm/base/yaml_reader.h"
#include "tests/support/paths.h"
#include "tlm/base/yaml_scalar.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "tlm/base/error.h"
#include "tlm/base/named_file.h"
#include "tlm/base/nearest.h"

using Catch::Matchers::Contains;
using weft::YamlReader;
using weft::YamlSection;

namespace {

const std::string kText = R"(
pe:
  banks: {value: 8, source: "APP"}
  clock: 0.85
  name: core
  small: [1, 2, 3]
  retain: true
kinds:
  - {size: 1}
  - {size: 2}
)";

/// What the reader says of `text` when `read` reads it, flags applied; empty if nothing.
std::string error_of(const std::string& text, const std::vector<std::string>& flags,
                     const std::function<void(YamlSection)>& read) {
  try {
    YamlReader reader(text, "folder/file.yaml", flags);
    read(reader.root());
    reader.finish();
  } catch (const weft::UsageError& error) {
    return error.what();
  }
  return "";
}

void read_banks(YamlSection root) { root.section("pe").integer("banks", {1, 64}); }

}  // namespace

TEST_CASE("edit distance counts swaps once and ignores case") {
  CHECK(weft::edit_distance("banks", "banks") == 0);
  CHECK(weft::edit_distance("Adam", "adam") == 0);
  CHECK(weft::edit_distance("", "abc") == 3);
  CHECK(weft::edit_distance("bnaks", "banks") == 1);
  CHECK(weft::edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest name is the first of equals, and none when nothing is near") {
  CHECK(weft::nearest("wse4", {"mini", "wse2", "wse3"}) == std::optional<std::string>("wse2"));
  CHECK_FALSE(weft::nearest("gpu", {"mini", "wse2", "wse3"}));
  CHECK_FALSE(weft::nearest("gpu", {}));
}

TEST_CASE("values are resolved with their origin and source") {
  YamlReader reader(kText, "folder/file.yaml", {"pe.clock=1.1"});
  auto pe = reader.root().section("pe");
  CHECK(pe.integer("banks", {1, 64}) == 8);
  CHECK(pe.real("clock", {0, 10}) == 1.1);
  CHECK(pe.text("name") == "core");
  CHECK(pe.integers("small", {1, 3}, 3) == std::vector<int>{1, 2, 3});
  CHECK(pe.boolean("retain"));
  CHECK(pe.integer("missing", {0, 9}, 7) == 7);
  const auto kinds = reader.root().sections("kinds");
  REQUIRE(kinds.size() == 2);
  CHECK(YamlSection(kinds[1]).integer("size", {1, 2}) == 2);
  CHECK(YamlSection(kinds[0]).integer("size", {1, 2}) == 1);
  reader.finish();

  const auto& values = reader.values();
  REQUIRE(values.size() == 8);
  CHECK(values[0].path == "pe.banks");
  CHECK(values[0].value == "8");
  CHECK(values[0].origin == "file.yaml:3");
  CHECK(values[0].source == "APP");
  CHECK(values[1].value == "1.1");
  CHECK(values[1].origin == "flag");
  CHECK(values[2].is_text);
  CHECK(values[3].value == "[1, 2, 3]");
  CHECK(values[5].origin == "default");
  CHECK(values[6].path == "kinds[1].size");
}

TEST_CASE("an override replaces value and source, reaches inside a pair, and may add a section") {
  YamlReader reader(kText, "file.yaml", {"pe.banks=16", "pe.banks=4", "new.deep.key=[5]"});
  CHECK(reader.root().section("pe").integer("banks", {1, 64}) == 4);
  CHECK(reader.values()[0].source.empty());
  CHECK(reader.root().section("new").section("deep").integers("key", {1, 9}, 1) == std::vector<int>{5});
  CHECK(reader.values()[1].origin == "flag");

  YamlReader inside(kText, "file.yaml", {"pe.banks.value=16"});
  CHECK(inside.root().section("pe").integer("banks", {1, 64}) == 16);
  CHECK(inside.values()[0].origin == "flag");
  CHECK(inside.values()[0].path == "pe.banks");
}

TEST_CASE("a choice takes any case and names the nearest word") {
  const auto read = [](YamlSection root) { root.choice<int>("kind", {{"adam", 1}, {"sgd", 2}}); };
  YamlReader reader("kind: SGD", "file.yaml");
  CHECK(reader.root().choice<int>("kind", {{"adam", 1}, {"sgd", 2}}) == 2);
  CHECK(reader.values()[0].value == "sgd");
  CHECK_THAT(error_of("kind: adma", {}, read), Contains("file.yaml:1:7: kind is 'adma'") && Contains("nearest: adam"));
}

TEST_CASE("a value out of range is named at N - 1 and accepted at N") {
  CHECK(error_of("pe: {banks: 1}", {}, read_banks).empty());
  CHECK(error_of("pe: {banks: 64}", {}, read_banks).empty());
  CHECK_THAT(error_of("pe: {banks: 0}", {}, read_banks),
             Contains("file.yaml:1:13: pe.banks is '0'") && Contains("1 to 64"));
  CHECK_THAT(error_of("pe: {banks: 65}", {}, read_banks), Contains("pe.banks is '65'"));
  CHECK_THAT(error_of("pe: {banks: 8}", {"pe.banks=65"}, read_banks), Contains("flag pe.banks=65: pe.banks is '65'"));
  CHECK_THAT(error_of("pe: {banks: {value: 0, source: x}}", {}, read_banks),
             Contains("file.yaml:1:21: pe.banks is '0'"));
}

TEST_CASE("a value of the wrong type is refused") {
  const std::string value =
      GENERATE("eight", "8.5", "15e-1", "0x8", "8_", "1e30", "[8]", "{a: 8}", "99999999999999999999", "''");
  CAPTURE(value);
  CHECK_THAT(error_of("pe: {banks: " + value + "}", {}, read_banks), Contains("pe.banks is"));
  const auto real = [](YamlSection root) { root.real("x", {0, 1e300}); };
  CHECK_THAT(error_of("x: .nan", {}, real), Contains("x is '.nan'"));
  CHECK_THAT(error_of("x: nan", {}, real), Contains("x is 'nan'"));
  CHECK_THAT(error_of("x: 1e999", {}, real), Contains("x is '1e999'"));
  CHECK_THAT(error_of("x: maybe", {}, [](YamlSection root) { root.boolean("x"); }), Contains("true or false"));
  CHECK_THAT(error_of("x: [1, 7]", {},
                      [](YamlSection root) {
                        root.integers("x", {1, 6}, 2);
                      }),
             Contains("x[1] is '7'"));
  CHECK_THAT(error_of("x: [1, 2]", {},
                      [](YamlSection root) {
                        root.integers("x", {1, 6}, 1);
                      }),
             Contains("x is a list"));
  CHECK_THAT(error_of("x: []", {}, [](YamlSection root) { root.integers("x", {1, 6}, 1); }), Contains("x is a list"));
  CHECK_THAT(error_of("pe: 3", {}, read_banks), Contains("pe is '3'; must be a section"));
}

TEST_CASE("a missing key is named, with the misspelt one beside it") {
  CHECK_THAT(error_of("pe: {x: 1}", {}, read_banks), Contains("missing key pe.banks"));
  CHECK_THAT(error_of("other: 1", {}, read_banks), Contains("missing key pe.banks"));
  CHECK_THAT(error_of("pe: {banks: }", {}, read_banks), Contains("missing key pe.banks") && !Contains("meant"));
  CHECK_THAT(error_of("pe: {bnaks: 8}", {}, read_banks), Contains("is 'bnaks' meant?"));
  // A section's name may be off by a third of the longer of both, whichever that is.
  const auto read_optimizer = [](YamlSection root) { root.section("optimizer").real("learning_rate", {0, 1}); };
  CHECK_THAT(error_of("optimi: {learning_rate: 1}", {}, read_optimizer), Contains("optimi' meant?"));
  CHECK_THAT(error_of("optim: {learning_rate: 1}", {}, read_optimizer), !Contains("meant?"));
  CHECK_THAT(error_of("optimizer__rs: {learning_rate: 1}", {}, read_optimizer), Contains("optimizer__rs' meant?"));
  CHECK_THAT(error_of("optimizer__rst: {learning_rate: 1}", {}, read_optimizer), !Contains("meant?"));
}

TEST_CASE("every key that nobody asked for is named with its line and the nearest key") {
  const auto read = [](YamlSection root) {
    root.section("pe").integer("banks", {1, 64});
    root.section("optimizer").real("learning_rate", {0, 1}, 0.1);
  };
  const auto error = error_of("pe:\n  banks: 8\n  bank: 8\n  learning_rate: 1\nzzz: 1\n", {"pe.banksy=3"}, read);
  CHECK_THAT(error, Contains("folder/file.yaml:3:3: unknown key pe.bank; nearest: banks"));
  CHECK_THAT(error, Contains("folder/file.yaml:4:3: unknown key pe.learning_rate; nearest: optimizer.learning_rate"));
  CHECK_THAT(error, Contains("folder/file.yaml:5:1: unknown key zzz; known: pe, optimizer"));
  CHECK_THAT(error, Contains("flag pe.banksy=3: unknown key pe.banksy; nearest: banks"));
  CHECK_THAT(error_of("pe: {banks: 8}", {"new.key=3"}, read), Contains("flag new.key=3: unknown key new"));
  CHECK_THAT(error_of("pe: {banks: {value: 8, sorce: x}}", {}, read),
             Contains("unknown key pe.banks.sorce; nearest: source"));
}

TEST_CASE("text that is not one section of unique keys is refused") {
  const auto nothing = [](YamlSection) {};
  CHECK_THAT(error_of("", {}, nothing), Contains("is empty"));
  CHECK_THAT(error_of("# only a comment\n", {}, nothing), Contains("is empty"));
  CHECK_THAT(error_of("a: 1\nb: [1,\n", {}, nothing), Contains("folder/file.yaml:") && Contains("not valid YAML"));
  CHECK_THAT(error_of("- 1\n", {}, nothing), Contains("must be a section"));
  CHECK_THAT(error_of("a: 1\n---\nb: 1\n", {}, nothing), Contains("more than one document"));
  CHECK_THAT(error_of("a:\n  b: 1\n  c: 2\n  b: 3\n", {}, nothing),
             Contains("folder/file.yaml:4:3") && Contains("'b' stands twice, first on line 2"));
  CHECK_THAT(error_of("? [1]\n: 2\n", {}, nothing), Contains("a key must be a name"));
  CHECK_THAT(error_of("a: &x [*x]\n", {}, nothing),
             Contains("file.yaml:1:") && Contains("an alias inside what it stands for"));
  std::string bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += "*a" + std::to_string(i - 1) + (k < 9 ? ", " : "]\n");
  }
  CHECK_THAT(error_of(bomb, {}, nothing), Contains("more than 20000 values"));
  CHECK_THAT(error_of("<<: 5\n", {}, nothing), Contains("merges a section"));
  CHECK_THAT(error_of("<<: [{a: 1}, 5]\n", {}, nothing), Contains("merges sections only"));
}

TEST_CASE("an alias is the value it names and a merge gives what the section does not say itself") {
  const std::string text = R"(
base: &base {banks: 8, clock: 2}
other: &other {clock: 3, name: o}
one: *base
two: {<<: *base, clock: 7}
three: {<<: [*base, *other], size: 1}
list: &list [1, 2]
again: *list
)";
  YamlReader reader(text, "file.yaml", {"one.banks=4"});
  auto root = reader.root();
  const auto read = [&](const std::string& section, const std::string& key) {
    return root.section(section).integer(key, {0, 9}, 0);
  };
  CHECK(read("one", "banks") == 4);  // the flag changes the copy alone
  CHECK(read("base", "banks") == 8);
  CHECK(read("one", "clock") == 2);
  CHECK(read("two", "banks") == 8);
  CHECK(read("two", "clock") == 7);
  CHECK(read("three", "clock") == 2);  // the first that has it
  CHECK(read("three", "size") == 1);
  CHECK(root.section("three").text("name") == "o");
  CHECK(root.integers("again", {1, 9}, 2) == std::vector<int>{1, 2});
  const auto error = error_of(text, {}, [](YamlSection of) { of.section("two").integer("banks", {1, 4}); });
  CHECK_THAT(error, Contains("file.yaml:2:21: two.banks is '8'"));
}

TEST_CASE("every error is told at once in the order of the file") {
  const auto read = [](YamlSection root) {
    auto pe = root.section("pe");
    pe.real("clock", {0, 1});
    pe.integer("banks", {1, 64});
    pe.boolean("retain");
    pe.integer("lanes", {1, 2});
    pe.integers("small", {1, 3}, 3);
    pe.choice<int>("kind", {{"adam", 1}, {"sgd", 2}});
    auto gone = root.section("gone");
    gone.integer("a", {1, 2});
    gone.integer("b", {1, 2});
    root.section("word").integer("c", {1, 2});
  };
  const auto error = error_of(
      "pe:\n  banks: 99\n  clock: fast\n  retain: perhaps\n  small: [0, 2, 7]\n  kind: adma\n"
      "word: 5\nextra: 1\n",
      {"pe.banks", "pe.banks=0"}, read);
  const std::vector<std::string> lines = {
      "flag pe.banks: must be",
      "flag pe.banks=0: pe.banks is '0'",
      "missing key gone.a",
      "file.yaml:2:3: missing key pe.lanes",
      "file.yaml:3:10: pe.clock is 'fast'",
      "file.yaml:4:11: pe.retain is 'perhaps'",
      "file.yaml:5:11: pe.small[0] is '0'",
      "file.yaml:5:17: pe.small[2] is '7'",
      "file.yaml:6:9: pe.kind is 'adma'",
      "file.yaml:7:7: word is '5'; must be a section",
      "file.yaml:8:1: unknown key extra",
  };
  std::size_t at = 0;
  for (const auto& line : lines) {
    CAPTURE(line, error);
    const auto found = error.find(line, at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
  CHECK(std::count(error.begin(), error.end(), '\n') == static_cast<long>(lines.size()) - 1);
}

TEST_CASE("two signs, or one alone, are no number") {
  for (const std::string text : {"+-5", "-+5", "++5", "--5", "+", "-", ""}) {
    CAPTURE(text);
    CHECK_FALSE(weft::parse_integer(text));
    CHECK_FALSE(weft::parse_real(text));
  }
  CHECK(weft::parse_integer("+5") == 5);
}

TEST_CASE("a number and a truth are read however they are spelled") {
  for (const std::string text : {"1000", "+1000", "1_000", "1e3", "1.0e3", "1000.0", "'1000'", "\"1e+3\""}) {
    CAPTURE(text);
    YamlReader reader("x: " + text, "file.yaml");
    CHECK(reader.root().integer("x", {1, 2000}) == 1000);
    CHECK(reader.root().real("x", {1, 2000}) == 1000);
    CHECK(reader.values()[0].value == "1000");
  }
  for (const std::string text : {"true", "True", "TRUE", "yes", "On", "y", "'true'"}) {
    CAPTURE(text);
    YamlReader reader("x: " + text + "\nz: no", "file.yaml");
    CHECK(reader.root().boolean("x"));
    CHECK_FALSE(reader.root().boolean("z"));
  }
}

TEST_CASE("null takes a key away and a flag reaches into a list") {
  YamlReader reader(kText, "file.yaml", {"pe.clock=null", "kinds[1].size=5", "pe.small[2]=9", "pe.name=~"});
  auto pe = reader.root().section("pe");
  CHECK(pe.real("clock", {0, 9}, 0.5) == 0.5);
  CHECK(pe.text("name", "none") == "none");
  CHECK(pe.integers("small", {1, 9}, 3) == std::vector<int>{1, 2, 9});
  CHECK(reader.root().sections("kinds")[1].integer("size", {1, 9}) == 5);
  const auto banks = [](YamlSection root) { root.section("pe").integer("banks", {1, 64}, 8); };
  CHECK_THAT(error_of("pe: {}", {"pe.bnaks=null"}, banks), Contains("unknown key pe.bnaks; nearest: banks"));
  CHECK_THAT(error_of("pe: {}", {"pe[0].x=1"}, banks), Contains("'pe' is not a list"));
  CHECK_THAT(error_of("pe: [1]", {"pe[1]=1"}, banks), Contains("'pe' is a list of 1"));
  CHECK_THAT(error_of("pe: {}", {"pe[x]=1"}, banks), Contains("no number in [ ]"));
}

TEST_CASE("what the file does not write is no unknown key: a null, and a section that serves others by an alias") {
  CHECK(error_of("pe: {banks: 8, bnaks: null}\nzzz: ~\n", {}, read_banks).empty());
  CHECK(error_of("defaults: &d {banks: 8}\npe: *d\n", {}, read_banks).empty());
  CHECK(error_of("defaults: &d {banks: 8}\npe: {<<: *d}\n", {}, read_banks).empty());
  CHECK(error_of("numbers: {few: &few 8}\npe: {banks: *few}\n", {}, read_banks).empty());
  CHECK_THAT(error_of("defaults: &d {banks: 8}\npe: {banks: 8}\n", {}, read_banks), Contains("unknown key defaults"));
  CHECK_THAT(error_of("pe: &d {banks: 8, bnaks: 3}\n", {}, read_banks), Contains("unknown key pe.bnaks"));
}

TEST_CASE("null keys go, also of sections in a list, and a null of a list keeps its place") {
  weft::YamlSource source("a: ~\nlist: [1, ~, {x: 2, y: null}]\n", "file.yaml");
  source.drop_nulls();
  CHECK(source.root().find("a") == nullptr);
  const weft::YamlTree* list = source.root().find("list");
  REQUIRE(list != nullptr);
  REQUIRE(list->entries.size() == 3);
  CHECK(list->entries[1].value.is_null());
  CHECK(list->entries[2].value.entries.size() == 1);
}

TEST_CASE("a broken override is refused") {
  CHECK_THAT(error_of(kText, {"pe.banks"}, read_banks), Contains("flag pe.banks: must be path.to.key=value"));
  CHECK_THAT(error_of(kText, {"=3"}, read_banks), Contains("an empty name"));
  CHECK_THAT(error_of(kText, {"pe..banks=3"}, read_banks), Contains("an empty name"));
  CHECK_THAT(error_of(kText, {"pe.banks="}, read_banks), Contains("is empty"));
  CHECK_THAT(error_of(kText, {"pe.banks=[1"}, read_banks), Contains("not valid YAML"));
  CHECK_THAT(error_of(kText, {"pe.name.x=1"}, read_banks), Contains("'name' is not a section"));
}

TEST_CASE("a key that other settings make meaningless is refused only if written") {
  const auto read = [](YamlSection root) { root.not_used("momentum", "adam has betas"); };
  CHECK(error_of("{}", {}, read).empty());
  CHECK_THAT(error_of("momentum: 0.9", {}, read), Contains("momentum is '0.9'; adam has betas"));
}

TEST_CASE("files are found by name or path, and unknown names are told the nearest") {
  const std::string folder = weft::test::source_path("hw/machines");
  CHECK(weft::named_yaml("machine", "mini", folder).filename() == "mini.yaml");
  CHECK(weft::named_yaml("machine", folder + "/wse2.yaml", "nowhere").filename() == "wse2.yaml");
  CHECK_THROWS_WITH(weft::named_yaml("machine", "mimi", folder),
                    Contains("no machine 'mimi'; nearest: mini (known: mini, wse2, wse3)"));
  CHECK_THROWS_WITH(weft::named_yaml("machine", "./mini.yaml", folder), Contains("no machine file './mini.yaml'"));
  CHECK_THROWS_AS(weft::named_yaml("machine", "", folder), weft::UsageError);
  CHECK_THROWS_AS(weft::named_yaml("machine", "mini", "nowhere"), weft::UsageError);
  CHECK_THROWS_AS(weft::read_text_file(folder), weft::UsageError);
}
