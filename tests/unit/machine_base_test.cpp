// Question: is a machine file that says what it is based on that machine but for what it writes, and does each mistake
// in such a chain name the file that it stands in?
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "hw/spec/machine_file.h"
#include "tests/support/paths.h"
#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;
using Catch::Contains;

namespace {

const std::string machines = weft::test::source_path("hw/machines");

struct Files {
  weft::test::ScratchFolder folder;
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  }
};

std::string error_of(const std::string& machine, const std::vector<std::string>& flags = {}) {
  try {
    load_machine(machine, machines, flags);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

const ResolvedValue& value_of(const MachineFile& file, const std::string& path) {
  const auto found =
      std::find_if(file.values.begin(), file.values.end(), [&](const auto& v) { return v.path == path; });
  REQUIRE(found != file.values.end());
  return *found;
}

}  // namespace

TEST_CASE("one number changed: two lines, its own name, and each value says its file") {
  const Files files;
  const std::string mine = files.write("ramp7.yaml",
                                       "base: wse2\n"
                                       "router:\n"
                                       "  ramp_cycles: {value: 7, source: \"HPDC24: what earlier papers assumed\"}\n"
                                       "  input_queue: 16\n"
                                       "  output_queue: 16\n");
  const MachineFile file = read_machine(mine, machines);
  const MachineSpec wse2 = load_machine("wse2", machines);
  CHECK(file.spec.name == "ramp7");
  CHECK(file.spec.router.ramp_cycles == 7);
  CHECK(file.spec.router.output_queue == 16);
  CHECK(file.spec.router.link_queue == wse2.router.link_queue);
  CHECK(file.spec.fabric.user_width == wse2.fabric.user_width);
  CHECK(file.spec.io.row_buffer_bytes == wse2.io.row_buffer_bytes);
  CHECK(file.spec.clock.mega_hertz == wse2.clock.mega_hertz);
  CHECK(value_of(file, "router.ramp_cycles").origin == "ramp7.yaml:3");
  CHECK(value_of(file, "router.ramp_cycles").source == "HPDC24: what earlier papers assumed");
  CHECK_THAT(value_of(file, "router.link_queue").origin, Catch::StartsWith("wse2.yaml:"));
  CHECK(file.sources.count("HPDC24") == 1);
}

TEST_CASE("a chain: the nearest file wins, flags win over all, null is not taken from the base") {
  const Files files;
  files.write("one.yaml", "base: mini\nname: first\npe: {banks: 4}\nrouter: {link_queue: 5, input_queue: 7}\n");
  const std::string two =
      files.write("two.yaml",
                  "base: one.yaml\nrouter: {input_queue: 8}\nclock: {profile: mine, profiles_mhz: {mine: 900, "
                  "peak: null}}\n");
  const MachineSpec machine = load_machine(two, machines, {"router.output_queue=9"});
  CHECK(machine.name == "two");
  CHECK(machine.pe.banks == 4);
  CHECK(machine.router.link_queue == 5);
  CHECK(machine.router.input_queue == 8);
  CHECK(machine.router.output_queue == 9);
  CHECK(machine.clock.mega_hertz == 900);
  CHECK(machine.clock_profiles.count("measured") == 1);
  CHECK(machine.clock_profiles.count("peak") == 0);
}

TEST_CASE("circles, bases that are not there, and no name are refused in the file that says so") {
  const Files files;
  const std::string a = files.write("a.yaml", "base: b.yaml\n");
  const std::string b = files.write("b.yaml", "\nbase: a.yaml\n");
  CHECK_THAT(error_of(a), Contains("b.yaml:2:7") && Contains("is based on itself"));
  CHECK_THAT(error_of(files.write("self.yaml", "base: self.yaml\n")), Contains("is based on itself"));
  CHECK_THAT(error_of(files.write("c.yaml", "base: wse22\n")), Contains("c.yaml:1:7") && Contains("wse2"));
  CHECK_THAT(error_of(files.write("d.yaml", "base: nowhere/x.yaml\n")), Contains("d.yaml:1:7"));
  CHECK_THAT(error_of(files.write("e.yaml", "base: {name: wse2}\n")), Contains("a machine's name or a path"));
}

TEST_CASE("mistakes of base and file are told at once, each with its file") {
  const Files files;
  files.write("below.yaml", "base: mini\npe:\n  bankz: 8\n  scalar_cycles: -1\n");
  const std::string error = error_of(files.write("above.yaml", "base: below.yaml\nrouter:\n  ramp_cycles: 99\n"));
  CHECK_THAT(error, Contains("above.yaml:3:") && Contains("ramp_cycles"));
  CHECK_THAT(error, Contains("below.yaml:3:") && Contains("bankz") && Contains("banks"));
  CHECK_THAT(error, Contains("below.yaml:4:") && Contains("scalar_cycles"));
}

TEST_CASE("rates of moves in a file of before are passed over: nothing reads them, and a flag for one is refused") {
  const Files files;
  const std::string old = files.write("old.yaml", "base: mini\npe: {lanes: {move_32: 2, move_16: 4}}\n");
  CHECK(error_of(old).empty());
  CHECK_THAT(error_of("mini", {"pe.lanes.move_16=4"}), Contains("unknown key pe.lanes.move_16"));
}

TEST_CASE("a wider user rectangle is told all that is wrong with it") {
  const std::string error =
      error_of("mini", {"fabric.user_width=64", "fabric.user_height=64", "io.rows_per_channel=99"});
  CHECK_THAT(error, Contains("user_width") && Contains("user_height") && Contains("rows_per_channel"));
}

TEST_CASE("ramps and queues beyond the least history are parameters") {
  const MachineSpec machine = load_machine(
      "wse2", machines,
      {"router.ramp_cycles=31", "router.input_queue=64", "router.output_queue=64", "router.link_queue=64"});
  CHECK(machine.router.ramp_cycles == 31);
  CHECK_THAT(error_of("wse2", {"router.link_queue=65"}), Contains("link_queue") && Contains("64"));
}

TEST_CASE("a machine file of this version and of the one before are read, others refused by name") {
  const Files files;
  const hw::MachineSpec wse2 = load_machine("wse2", machines);
  for (const char* schema : {"", "schema: weft-machine-1\n", "schema: weft-machine-2\n"}) {
    const std::string mine = files.write("mine.yaml", schema + std::string("base: wse2\npe: {code_bytes: 4096}\n"));
    const MachineFile file = read_machine(mine, machines);
    CHECK(file.spec.pe.code_bytes == 4096);
    CHECK(file.spec.fabric.user_width == wse2.fabric.user_width);
    CHECK(std::none_of(file.values.begin(), file.values.end(), [](const auto& v) { return v.path == "schema"; }));
  }
  const std::string old = files.write("old.yaml", "base: wse2\nschema: weft-machine-0\n");
  CHECK_THAT(error_of(old), Contains("old.yaml:2:9") && Contains("schema weft-machine-0") &&
                                Contains("weft-machine-1 to weft-machine-2") && Contains("that wrote the file"));
  CHECK_THAT(error_of(files.write("upon.yaml", "base: ./old.yaml\n")), Contains("old.yaml:2:9"));
  CHECK_THAT(error_of(files.write("plan.yaml", "base: wse2\nschema: weft-plan-1\n")), Contains("weft-plan-1"));
  CHECK_THAT(error_of(files.write("list.yaml", "base: wse2\nschema: [1]\n")), Contains("no word"));
}
