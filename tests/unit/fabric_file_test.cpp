// Question: is each mistake in a fabric program file an error that names the place, and do programs that cannot go on
// or give a wrong result say so?
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <utility>

#include "hw/spec/machine_file.h"
#include "sw/fabric/closed_form.h"
#include "sw/fabric/fabric_file.h"
#include "sw/fabric/fabric_run.h"
#include "sw/fabric/fabric_setup.h"
#include "tests/support/paths.h"
#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Contains;

namespace {

const hw::MachineSpec& mini() {
  static const hw::MachineSpec machine = hw::load_machine("mini", weft::test::source_path("hw/machines"));
  return machine;
}

const std::string good = R"(description: "first to last"
parameters: {P: 4, B: 3}
define: {last: P - 1}
require:
  - {that: P >= 2, why: at least 2 PEs}
grid: {width: P, height: 1}
pes:
  - where: x == 0
    main: |
      # all of it
      SEND32 at=0 n={B} out=1
    routes: [{color: 1, way: ramp -> east}]
    memory: [{at: 0, n: B, random: 1}]
  - where: x > 0
    routes:
      - {color: 1, when: x < last, way: west -> east}
      - {color: 1, when: x == last, way: west -> ramp}
  - where: x == last
    main: STORE32 at=8 n={B} in=1
expect:
  - check: copy
    of: {where: x == 0, at: 0, n: B}
    in: {where: x == last, at: 8, n: B}
closed_form: {name: broadcast, P: P, B: B}
)";

class File {
 public:
  explicit File(const std::string& text) : path_(folder_.path() / "p.yaml") { std::ofstream(path_) << text; }
  sw::FabricOutcome run(const std::vector<std::string>& sets = {}) const {
    return sw::run_fabric_file(path_, sets, mini());
  }
  sw::FabricFile parsed() const { return sw::read_fabric_file(path_, {}, mini()); }

 private:
  test::ScratchFolder folder_;
  std::filesystem::path path_;
};

/// `good` with `from` replaced.
std::string with(const std::string& from, const std::string& to) {
  std::string text = good;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a good file runs, at any size") {
  CHECK(File(good).run().good());
  const sw::FabricOutcome outcome = File(good).run({"P=20", "B=31"});
  CHECK(outcome.good());
  CHECK(outcome.width == 20);
  CHECK_THAT(outcome.text(), Contains("20 x 1 PEs of mini, P = 20, B = 31") && Contains("31 values right"));
  CHECK_THAT(outcome.json(), Contains("\"good\": true"));
}

TEST_CASE("a shorter queue to the core holds back the sender") {
  const auto cycles = [](const std::string& way) { return File(with("way: west -> ramp", way)).run({"B=64"}).cycles; };
  CHECK(cycles("way: west -> ramp, queue: 6") == File(good).run({"B=64"}).cycles);
  CHECK(cycles("way: west -> ramp, queue: P - 3") > File(good).run({"B=64"}).cycles);
}

TEST_CASE("a mistake is named with its place, the value and the nearest name") {
  const auto refused = [](const std::string& text, const std::string& expected,
                          const std::vector<std::string>& sets = {}) {
    INFO(expected);
    const File file(text);
    REQUIRE_THROWS_AS(file.run(sets), UsageError);
    REQUIRE_THROWS_WITH(file.run(sets), Contains("p.yaml:") && Contains(expected));
  };
  refused(with("routes: [", "rotes: ["), "unknown key pes[0].rotes; nearest: routes");
  refused(with("closed_form: {name: broadcast", "closed_form: {name: brodcast"), "nearest: broadcast");
  refused(with("check: copy", "check: copi"), "nearest: copy");
  refused(with("last: P - 1", "last: Q - 1"), "unknown name Q");
  refused(with("last: P - 1", "x: P - 1"), "its name is not allowed");
  refused(with("last: P - 1", "P: 7"), "this name is taken");
  refused(with("where: x == 0", "where: x = 0"), "expected an operator");
  refused(with("n={B} out=1", "n={C} out=1"), "pes[0].main is");
  refused(with("n={B} out=1", "n={C} out=1"), "line 11: formula 'C': unknown name C");
  refused(with("main: STORE32", "main: STORE31"), "line 19: unknown instruction STORE31");
  refused(with("SEND32", "SENT32"), "line 11: unknown instruction SENT32; nearest: SEND32");
  refused(with("SEND32 at=0", "SEND32 at=30000"), "in PE (0, 0)");
  refused(with("n={B} out=1", "n={B out=1"), "'}' is missing");
  refused(with("SEND32 at=0 n={B} out=1", "repeat 3 counter=4"), "N 0 to 3");
  refused(with("SEND32 at=0 n={B} out=1", "repeat 3 counter=0"), "its end is missing");
  refused(with("SEND32 at=0 n={B} out=1", "end"), "an end without");
  refused(with("SEND32 at=0 n={B} out=1", "LOOP count=1 target=0 counter=0"),
          "repeat and the end of the text write it");
  refused(with("way: ramp -> east", "way: ramp -> eats"), "unknown port eats; nearest: east");
  refused(with("way: ramp -> east", "way: ramp east"), "PORT -> PORTS");
  refused(with("{color: 1, way", "{color: 24, way"), "which is 24 in PE (0, 0); allowed 0 to 23");
  refused(with("when: x == last", "when: x > 0"), "has a way already in PE (1, 0)");
  refused(with("way: west -> ramp", "way: west -> ramp, queue: 7"), "which is 7 in PE (3, 0); allowed 1 to 6");
  refused(with("where: x == last\n    main", "where: x == 0\n    main"), "there is a task main already");
  refused(with("n: B, random: 1", "n: 99999, random: 1"), "which is 99999 in PE (0, 0); allowed 0 to 12288");
  refused(with("random: 1", "random: 1, values: k"), "either values or random");
  refused(with("width: P", "width: P * 10"), "40 PEs (the user rectangle of machine mini); allowed 1 to 32");
  refused(with("of: {where: x == 0", "of: {where: x > 0"), "which 3 vectors have; a copy needs one");
  refused(with("in: {where: x == last, at: 8, n: B}", "in: {where: x == last, at: 8, n: 2}"),
          "expected are 3 elements");
}

TEST_CASE("a task names what starts it, and a task above") {
  const std::string main = "    main: STORE32 at=8 n={B} in=1\n", store = "code: \"STORE32 at=8 n={B} in=1\"}\n";
  const auto tasks = [&](const std::string& list) { return with(main, "    tasks:\n" + list); };
  CHECK(File(tasks("      - {data: 1, thread: receiver, " + store)).run().good());
  for (const auto& [thread, number] : {std::pair("main", 0), {"receiver", 1}})
    CHECK(File(tasks(fmt::format("      - {{data: 1, thread: {}, ", thread) + store))
              .parsed()
              .groups.back()
              .tasks.back()
              .thread == number);
  CHECK(File(tasks("      - {name: a, code: CALL}\n      - {after: a, " + store)).run().good());
  CHECK(!File(tasks("      - {data: 1, when: x < last, " + store)).run().finished);
  const auto refused = [&](const std::string& list, const std::string& expected) {
    INFO(expected);
    REQUIRE_THROWS_AS(File(tasks(list)).run(), UsageError);
    REQUIRE_THROWS_WITH(File(tasks(list)).run(), Contains("p.yaml:") && Contains(expected));
  };
  refused("      - {after: maim, " + store, "no task maim above this one in PE (3, 0)");
  refused("      - {name: store, data: 1, " + store + "      - {after: stor, code: CALL}\n", "nearest: store");
  refused("      - {name: a, data: 1, " + store + "      - {name: a, code: CALL}\n",
          "there is a task a already in PE (3, 0)");
  refused("      - {data: 1, control: 2, " + store, "one of data, control and after");
  refused("      - {data: 24, " + store, "which is 24 in PE (3, 0); allowed 0 to 23");
  refused("      - {data: 2, " + store, "no instruction before its HALT takes data of color 2");
  refused("      - {data: 1, thread: sender, " + store, "receiver");
}

TEST_CASE("parameters of the command line are checked") {
  const File file(good);
  REQUIRE_THROWS_WITH(file.run({"R=3"}), Contains("--set R=3: no parameter 'R'"));
  REQUIRE_THROWS_WITH(file.run({"P=x"}), Contains("flag parameters.P=x") && Contains("a whole number"));
  REQUIRE_THROWS_WITH(file.run({"P=1"}), Contains("at least 2 PEs; given P = 1 B = 3"));
  REQUIRE_NOTHROW(file.run({"P=2"}));
}

TEST_CASE("a wrong result is found") {
  const sw::FabricOutcome outcome = File(with("in: {where: x == last, at: 8", "in: {where: x == last, at: 10")).run();
  CHECK(!outcome.good());
  CHECK(outcome.finished);
  CHECK(outcome.checks.front().wrong == 3);
  CHECK_THAT(outcome.text(), Contains("3 of 3 values wrong; first PE (3, 0), element 0"));
}

namespace {

/// Two PEs; what the second one has in the end is dumped, and `values` of it.
std::string walking(const std::string& send, const std::string& store, const std::string& expected) {
  return R"(description: "walks"
parameters: {n: 12}
grid: {width: 2, height: 1}
pes:
  - where: x == 0
    main: |
      repeat 2 counter=0
        )" +
         send + R"(
      end
    routes: [{color: 1, way: ramp -> east}]
    memory: [{at: 0, n: n, values: k}]
  - where: x == 1
    main: |
      repeat 2 counter=0
        )" +
         store + R"(
      end
    routes: [{color: 1, way: west -> ramp}]
dump:
  - {name: last, where: x == 1, at: 8, n: n}
expect:
  - {check: values, of: last, )" +
         expected + "}\n";
}

}  // namespace

// Words 0 to 23 hold 0 to 11; 0, 2, 4 go first, then 1, 3, 5, and every other place takes one.
TEST_CASE("SEND and STORE walk with step and row, and a formula says what is in memory then") {
  const std::string send = "SEND32 at=0 n=3 row=2 step=4 out=1", store = "STORE32 at=8 n=3 row=12 step=4 in=1";
  const std::string places = "values: \"k % 2 ? 0 : (k < 6 ? k : k - 5)\"";
  CHECK(File(walking(send, store, places)).run().good());
  const sw::FabricOutcome wrong = File(walking(send, store, "values: \"k % 2 ? 0 : k\"")).run();
  CHECK_THAT(wrong.text(), Contains("values of last: 3 of 12 values wrong; first PE (1, 0), element 6: 1, expected 6"));
  CHECK(File(walking(send, store, "within: 5, values: \"k % 2 ? 0 : k\"")).run().good());
  CHECK(File(walking(send, store + "\n        MOVE32 a=8 b=8 n=12 step=2", places)).run().good());
  // All of it comes; of that every third.
  CHECK(
      File(walking("SEND32 at=0 n=6 row=12 out=1", "STORE32 at=64 n=6 row=12 in=1\n        MOVE32 a=8 b=64 n=4 step=6",
                   "values: \"k < 4 ? 3 * k : 0\""))
          .run()
          .good());
  REQUIRE_THROWS_WITH(File(walking("SEND32 at=0 n=3 row=24574 out=1", store, places)).run(),
                      Contains("of an SRAM of 24576 words"));
}

TEST_CASE("a dump is the reference of another run, and says what is another") {
  const std::string send = "SEND32 at=0 n=3 row=2 step=4 out=1", store = "STORE32 at=8 n=3 row=12 step=4 in=1";
  test::ScratchFolder folder;
  const auto run = [&](const std::string& expected) {
    std::ofstream(folder.path() / "p.yaml") << walking(send, store, expected);
    return sw::run_fabric_file(folder.path() / "p.yaml", {}, mini());
  };
  const std::string dump = run("values: k").dump;
  CHECK_THAT(dump, Contains("name,x,y,element,value\nlast,1,0,0,0\n") && Contains("last,1,0,10,5\n"));
  const auto reference = [&](const std::string& text) { std::ofstream(folder.path() / "ref.csv") << text; };
  reference(dump);
  CHECK(run("file: ref.csv").good());
  CHECK(run("file: ref.csv").checks.front().values == 12);
  reference(dump + "other,0,0,3,7\n");
  CHECK(run("file: ref.csv").good());
  reference(dump + "last,1,0,12,7\n");
  CHECK_THAT(run("file: ref.csv").text(), Contains("1 of 13 values wrong; first PE (1, 0), element 12"));
  std::string other = dump;
  other.replace(other.find("10,5"), 4, "10,6");
  reference(other);
  CHECK_THAT(run("file: ref.csv").text(), Contains("1 of 12 values wrong; first PE (1, 0), element 10: 5, expected 6"));
  reference(dump.substr(0, dump.find("last,1,0,11")));
  CHECK_THAT(run("file: ref.csv").text(), Contains("1 of 12 values wrong; first PE (1, 0), element 11"));
  reference("name,x,y,element,value\nlast,1,0,a,3\n");
  CHECK_THROWS_WITH(run("file: ref.csv"), Contains("ref.csv:2: last,1,0,a,3: due is name,x,y,element,value"));
  CHECK_THROWS_WITH(run("file: ref.csv, values: k"), Contains("either values or a file"));
  CHECK_THROWS_WITH(run("file: none.csv"), Contains("none.csv"));
}

TEST_CASE("a program that cannot end says who waits for whom") {
  const sw::FabricOutcome outcome = File(with("STORE32 at=8 n={B}", "STORE32 at=8 n={B + 1}")).run();
  CHECK(!outcome.good());
  CHECK(!outcome.finished);
  CHECK_THAT(outcome.text(), Contains("stuck; who waits for whom") &&
                                 Contains("PE (3, 0): task 0 (thread 0) at instruction 0") &&
                                 Contains("a wavelet of color 1"));
}

TEST_CASE("repeat, unroll and if give the code that they say") {
  const auto code = [](const std::string& text, sw::Number x) {
    const sw::Names names = {"x", "i"};
    hw::Program program;
    sw::ThreadText(text, names).append(program, {x, 0});
    return to_string(program);
  };
  CHECK(code("repeat x counter=2\nCALL\nend", 0) == "    0: HALT\n");
  CHECK(code("repeat x counter=2\nCALL\nend", 1) == "    0: CALL\n    1: HALT\n");
  CHECK(code("repeat x counter=2\nCALL\nend", 5) ==
        "    0: CALL\n    1: LOOP count=5 target=0 counter=2\n    2: HALT\n");
  CHECK(code("unroll 2\nRELU16 at={i} n={x}\nend", 3) ==
        "    0: RELU16 at=0 n=3\n    1: RELU16 at=1 n=3\n    2: HALT\n");
  CHECK(code("repeat 2 counter=0\nif x > 3\nCALL\nend\nend", 3) == "    0: HALT\n");
  CHECK_THROWS_WITH(code("repeat 65536 counter=0\nCALL\nend", 0), Contains("line 1: 65536 times: allowed 0 to 65535"));
  CHECK_THROWS_WITH(code("repeat 2 counter=0\nrepeat 2 counter=0\nend\nend", 0), Contains("line 2: counter 0 is that"));
  CHECK_THROWS_WITH(code("unroll 65\nCALL\nend", 0), Contains("line 2: more than the 64 instructions"));
}

TEST_CASE("closed forms by hand, with a ramp of 3 cycles") {
  hw::MachineSpec machine;
  machine.router.ramp_cycles = 3;
  const auto cycles = [&](const char* name, const std::map<char, double>& values) {
    return sw::closed_form(name, values, machine).cycles;
  };
  CHECK(cycles("broadcast", {{'P', 16}, {'B', 5}}) == 5 + 16 + 6);
  CHECK(cycles("chain", {{'P', 16}, {'B', 5}}) == 5 + 8 * 15);
  CHECK(cycles("two_phase", {{'P', 16}, {'B', 5}, {'S', 4}}) == (8 * 3 + 11) + 5 + 2 * 11);  // way 4 + 6 + 1
  CHECK(cycles("two_phase", {{'P', 14}, {'B', 5}, {'S', 4}}) == (5 + 8 * 3) + 5 + 2 * 11);   // a last group of 2
  CHECK(cycles("star", {{'P', 16}, {'B', 5}}) == 5 * 15 + 7);
  CHECK(cycles("tree", {{'P', 16}, {'B', 5}}) == 5 * 4 + 15 + 7 * 4);
  CHECK(cycles("tree", {{'P', 17}, {'B', 5}}) == 5 * 5 + 16 + 7 * 5);
  CHECK(cycles("all_reduce", {{'P', 16}, {'B', 5}}) == 125 + 27);
  CHECK(cycles("matvec", {{'n', 10}, {'T', 2}}) == Approx(2 * (100 + 11 + 37)).epsilon(1e-15));
  CHECK(cycles("reduce_2d", {{'W', 16}, {'H', 4}, {'B', 5}}) == 125 + (5 + 8 * 3));
  CHECK(cycles("stencil_7", {{'Z', 10}, {'T', 2}}) == 2 * (150 + 6 + 15));
  machine.pe.lanes.fmac_mixed = 2;
  CHECK(cycles("gemm_shift", {{'P', 3}, {'t', 5}}) == 3 * 5 * (5 * (1 + 3) + 1) + 2 * (50 + 9));
  CHECK(sw::closed_form_names().size() == 10);
}
