// Do the shipped machines resolve to the numbers of their sources, and is a machine that cannot work refused?
#include "hw/spec/machine_file.h"

#include <catch2/catch.hpp>
#include <regex>

#include "hw/spec/configuration_echo.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;

namespace {

const std::string kFolder = weft::test::source_path("hw/machines");

std::string error_of(const std::string& machine, const std::vector<std::string>& flags) {
  try {
    hw::load_machine(machine, kFolder, flags);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

/// The keys of a source note, "APP, SPMM: remark"; none for "assumed: why".
std::vector<std::string> keys_of(const std::string& note) {
  const auto head = note.substr(0, note.find(':'));
  if (head == "assumed") return {};
  const std::regex comma(", *");
  return {std::sregex_token_iterator(head.begin(), head.end(), comma, -1), {}};
}

}  // namespace

TEST_CASE("every number in the shipped machines carries a source that the file spells out") {
  const std::string name = GENERATE("mini", "wse2", "wse3");
  CAPTURE(name);
  const auto file = hw::read_machine(name, kFolder);
  CHECK(file.values.size() > 55);
  for (const auto& value : file.values) {
    if (value.is_text) continue;
    CAPTURE(value.path, value.source);
    CHECK_FALSE(value.source.empty());
    CHECK(value.origin.rfind(name + ".yaml:", 0) == 0);
    const auto keys = keys_of(value.source);
    for (const auto& key : keys) CHECK(file.sources.count(key) == 1);
    if (keys.empty()) CHECK(value.source.size() > std::string("assumed: ").size());
  }
  for (const auto& [key, source] : file.sources) {
    CAPTURE(key);
    CHECK_FALSE(source.title.empty());
    CHECK_FALSE(source.where.empty());
  }
}

TEST_CASE("wse2 has the published grid, lanes and links") {
  const auto machine = hw::load_machine("wse2", kFolder);
  CHECK(machine.name == "wse2");
  CHECK(machine.fabric.width == 757);
  CHECK(machine.fabric.height == 996);
  CHECK(machine.fabric.user_width * machine.fabric.user_height == 745'500);
  CHECK(machine.pe.sram_bytes == 48 * 1024);
  CHECK(machine.pe.banks == 8);
  CHECK(machine.pe.lanes.fmac_mixed == 2);
  CHECK(machine.router.colors == 24);
  CHECK(machine.clock.mega_hertz == 850);
  CHECK(machine.clock_profiles.at("peak").mega_hertz == 1100);
  CHECK(machine.io.ethernet_links * machine.io.ethernet_gbps == 1200);
  CHECK(machine.memoryx.weight_servers == 12);
  CHECK(machine.memoryx.dram.capacity_bytes == 128'000'000'000);
  CHECK(machine.memoryx.flash.latency_ps == 80'000'000);
  CHECK(machine.swarmx.link_latency_ps == 500'000);
  CHECK(machine.max_systems == 192);
}

TEST_CASE("wse3 is twice as wide a datapath on a larger grid") {
  const auto wse2 = hw::load_machine("wse2", kFolder), wse3 = hw::load_machine("wse3", kFolder);
  CHECK(wse3.fabric.user_width * wse3.fabric.user_height == 755 * 1174);
  CHECK(wse3.pe.lanes.fmac_mixed == 2 * wse2.pe.lanes.fmac_mixed);
  CHECK(wse3.pe.lanes.max_fp16 == 8);
  CHECK(wse3.io.ethernet_gbps == Approx(1.3 * wse2.io.ethernet_gbps));
  CHECK(wse3.clock.mega_hertz == 875);
  CHECK(wse3.max_systems == 2048);
}

TEST_CASE("mini is a wse2 but for its grid, its edge and its chunk") {
  auto mini = hw::read_machine("mini", kFolder).values, wse2 = hw::read_machine("wse2", kFolder).values;
  REQUIRE(mini.size() == wse2.size());
  std::vector<std::string> different;
  for (std::size_t i = 0; i < mini.size(); ++i) {
    if (mini[i].value != wse2[i].value) different.push_back(mini[i].path);
  }
  CHECK(different == std::vector<std::string>{"name", "description", "fabric.width", "fabric.height",
                                              "fabric.user_width", "fabric.user_height", "io.rows_per_channel",
                                              "io.edge_buffer_bytes", "memoryx.chunk_bytes"});
}

TEST_CASE("the clock profile can be chosen") {
  CHECK(hw::load_machine("mini", kFolder, {"clock.profile=peak"}).clock.mega_hertz == 1100);
  CHECK_THAT(error_of("mini", {"clock.profile=paek"}), Contains("no such clock profile; nearest: peak"));
  CHECK(hw::load_machine("mini", kFolder, {"clock.profiles_mhz.fast=2000", "clock.profile=fast"}).clock.mega_hertz ==
        2000);
}

TEST_CASE("a machine that cannot work is refused at N - 1 and works at N") {
  const auto [good, bad, says] = GENERATE(table<std::string, std::string, std::string>({
      {"fabric.user_width=32", "fabric.user_width=33", "1 to 32 (the fabric's width)"},
      {"fabric.user_height=8", "fabric.user_height=33", "1 to 32 (the fabric's height)"},
      {"fabric.width=32", "fabric.width=31", "fabric.user_width"},
      {"pe.banks=16", "pe.banks=12", "a power of two"},
      {"pe.sram_bytes=49168", "pe.sram_bytes=49162", "whole 16-bit words in each of 8 banks"},
      {"pe.code_bytes=49151", "pe.code_bytes=49152", "less than sram_bytes"},
      {"pe.lanes.fmac_mixed=1", "pe.lanes.fmac_mixed=0", "1 to 64"},
      {"pe.lanes.integer=1", "pe.lanes.integer=-4", "1 to 64"},
      {"router.colors=1", "router.colors=0", "1 to 32"},
      {"router.link_queue=2", "router.link_queue=1", "a link cannot run at full rate"},
      {"router.input_queue=4", "router.input_queue=3", "the ramp cannot run at full rate"},
      {"router.output_queue=5", "router.output_queue=4", "the ramp cannot run at full rate"},
      {"router.link_queue=64", "router.link_queue=65", "2 to 64"},
      {"router.input_queue=64", "router.input_queue=65", "4 to 64"},
      {"router.output_queue=64", "router.output_queue=65", "5 to 64"},
      {"router.hop_cycles=2", "router.hop_cycles=3", "router.link_queue"},
      {"router.hop_cycles=2", "router.hop_cycles=33", "1 to 32"},
      {"router.ramp_cycles=2", "router.ramp_cycles=3", "router.output_queue"},
      {"router.ramp_cycles=2", "router.ramp_cycles=32", "1 to 31"},
      {"io.rows_per_channel=32", "io.rows_per_channel=33", "the user rectangle's height"},
      {"io.channel_bits_per_cycle=48", "io.channel_bits_per_cycle=40", "a multiple of 16"},
      {"swarmx.fan_out=2", "swarmx.fan_out=3", "4 (a 1:4 element) or 2"},
      {"memoryx.weight_servers=1", "memoryx.weight_servers=0", "1 to 4096"},
      {"memoryx.dram.gigabytes_per_s=1", "memoryx.dram.gigabytes_per_s=0", "memoryx.dram.gigabytes_per_s"},
      {"max_systems=1", "max_systems=0", "max_systems"},
  }));
  CAPTURE(good, bad);
  CHECK(error_of("mini", {good}).empty());
  CHECK_THAT(error_of("mini", {bad}), Contains(says));
}

TEST_CASE("misspelt keys and machines are told the nearest") {
  CHECK_THAT(error_of("mini", {"pe.lanes.fmac_mixd=2"}),
             Contains("unknown key pe.lanes.fmac_mixd; nearest: fmac_mixed"));
  CHECK_THAT(error_of("wse1", {}), Contains("no machine 'wse1'; nearest: wse2"));
  CHECK_THROWS_WITH(hw::parse_machine("name: x\nfabrik: {width: 3}\n", "my.yaml", kFolder),
                    Contains("my.yaml:2:1: missing section fabric; is 'fabrik' meant?"));
  CHECK_THROWS_WITH(hw::parse_machine("name: x\n", "my.yaml", kFolder), Contains("my.yaml: missing key fabric.width"));
}

TEST_CASE("the echo gives value, origin and source of every number") {
  const auto json = hw::echo(hw::read_machine("mini", kFolder, {"pe.banks=4"}).values);
  CHECK(json["pe.banks"]["value"] == 4);
  CHECK(json["pe.banks"]["origin"] == "flag");
  CHECK_FALSE(json["pe.banks"].contains("source"));
  CHECK(json["pe.sram_bytes"]["value"] == 49152);
  CHECK(json["pe.sram_bytes"]["source"] == "SDKWP, CV");
  CHECK(json["name"]["value"] == "mini");
  CHECK(json["memoryx.update_params_per_s"]["value"] == 2e9);
}
