#include "hw/spec/machine_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "hw/spec/deepest_queue.h"
#include "tlm/base/error.h"
#include "tlm/base/file_schema.h"
#include "tlm/base/named_file.h"
#include "tlm/base/nearest.h"

namespace weft::hw {
namespace {

constexpr Picosecond kPicosecondsPerNs = 1000;
constexpr Bytes kBytesPerGigabyte = 1'000'000'000;
constexpr int kMaxCycles = 10'000;
constexpr std::int64_t kMaxNs = 1'000'000'000;

Picosecond read_latency(YamlSection& section, const std::string& key) {
  return section.integer64(key, {0, kMaxNs}) * kPicosecondsPerNs;
}

FabricSpec read_fabric(YamlSection section) {
  FabricSpec fabric;
  fabric.width = section.integer("width", {1, 4096});
  fabric.height = section.integer("height", {1, 4096});
  fabric.user_width = section.integer("user_width", {1, fabric.width, "the fabric's width"});
  fabric.user_height = section.integer("user_height", {1, fabric.height, "the fabric's height"});
  return fabric;
}

LaneSpec read_lanes(YamlSection section) {
  const IntegerRange range{1, 64, "elements per cycle"};
  LaneSpec lanes;
  lanes.fmac_mixed = section.integer("fmac_mixed", range);
  lanes.fmac_fp16 = section.integer("fmac_fp16", range);
  lanes.fmac_fp32 = section.integer("fmac_fp32", range);
  lanes.add_fp32 = section.integer("add_fp32", range);
  lanes.mul_fp32 = section.integer("mul_fp32", range);
  lanes.max_fp32 = section.integer("max_fp32", range);
  lanes.max_fp16 = section.integer("max_fp16", range);
  lanes.convert = section.integer("convert", range);
  lanes.integer = section.integer("integer", range);
  return lanes;
}

PeSpec read_pe(YamlSection section) {
  PeSpec pe;
  pe.sram_bytes = section.integer64("sram_bytes", {1024, 1 << 24});
  pe.banks = section.integer("banks", {1, 64});
  if ((pe.banks & (pe.banks - 1)) != 0) section.reject("banks", "allowed: a power of two, 1 to 64");
  if (section.good("banks") && section.good("sram_bytes") && pe.sram_bytes % (2 * pe.banks) != 0) {
    section.reject("sram_bytes", fmt::format("allowed: whole 16-bit words in each of {} banks", pe.banks));
  }
  pe.code_bytes = section.integer64("code_bytes", {0, pe.sram_bytes - 1, "less than sram_bytes"});
  pe.lanes = read_lanes(section.section("lanes"));
  pe.vector_issue_cycles = section.integer("vector_issue_cycles", {0, kMaxCycles});
  pe.vector_fill_cycles = section.integer("vector_fill_cycles", {0, kMaxCycles});
  pe.scalar_cycles = section.integer("scalar_cycles", {0, kMaxCycles});
  pe.control_cycles = section.integer("control_cycles", {0, kMaxCycles});
  pe.task_dispatch_cycles = section.integer("task_dispatch_cycles", {0, kMaxCycles});
  pe.call_cycles = section.integer("call_cycles", {1, kMaxCycles});
  return pe;
}

/// A credit takes one hop (or one ramp) back, so a queue sustains one wavelet per cycle only if it holds what is
/// under way in both directions.
RouterSpec read_router(YamlSection section) {
  constexpr int kMaxQueue = deepest_queue;
  RouterSpec router;
  router.colors = section.integer("colors", {1, 32, "a wavelet's color tag has 5 bits"});
  router.hop_cycles = section.integer("hop_cycles", {1, kMaxQueue / 2, "half of the deepest queue"});
  router.ramp_cycles = section.integer("ramp_cycles", {1, kMaxQueue / 2 - 1, "less than half of the deepest queue"});
  router.link_queue = section.integer(
      "link_queue", {2 * router.hop_cycles, kMaxQueue, "at least 2 x hop_cycles, or a link cannot run at full rate"});
  router.input_queue = section.integer(
      "input_queue",
      {2 * router.ramp_cycles, kMaxQueue, "at least 2 x ramp_cycles, or the ramp cannot run at full rate"});
  router.output_queue = section.integer(
      "output_queue",
      {2 * router.ramp_cycles + 1, kMaxQueue, "at least 2 x ramp_cycles + 1, or the ramp cannot run at full rate"});
  return router;
}

void read_clock(YamlSection section, MachineSpec& machine) {
  auto profiles = section.section("profiles_mhz");
  std::vector<std::string> names;
  for (const auto& name : profiles.keys()) {
    machine.clock_profiles[name].mega_hertz = profiles.integer64(name, {1, 100'000, "MHz"});
    names.push_back(name);
  }
  machine.clock_profile = section.text("profile");
  const auto chosen = machine.clock_profiles.find(machine.clock_profile);
  if (chosen == machine.clock_profiles.end()) {
    if (section.good("profile"))
      section.reject("profile", "no such clock profile" + suggest(machine.clock_profile, names));
    return;
  }
  machine.clock = chosen->second;
}

IoSpec read_io(YamlSection section, const FabricSpec& fabric) {
  IoSpec io;
  io.ethernet_links = section.integer("ethernet_links", {1, 1024});
  io.ethernet_gbps = section.real("ethernet_gbps", {0.001, 100'000});
  io.rows_per_channel = section.integer("rows_per_channel", {1, fabric.user_height, "the user rectangle's height"});
  io.channel_bits_per_cycle = section.integer("channel_bits_per_cycle", {16, 4096});
  if (io.channel_bits_per_cycle % 16 != 0) section.reject("channel_bits_per_cycle", "allowed: a multiple of 16");
  io.row_buffer_bytes = section.integer64("row_buffer_bytes", {4, 1 << 24});
  io.edge_buffer_bytes = section.integer64("edge_buffer_bytes", {1024, Bytes{1} << 40});
  io.latency_ps = read_latency(section, "latency_ns");
  io.lane_sum_cycles = section.integer("lane_sum_cycles", {0, 1 << 20});
  return io;
}

SwarmxSpec read_swarmx(YamlSection section) {
  SwarmxSpec swarmx;
  swarmx.fan_out = section.integer("fan_out", {2, 4});
  if (swarmx.fan_out == 3) section.reject("fan_out", "allowed: 4 (a 1:4 element) or 2 (two 1:2 elements)");
  swarmx.node_latency_ps = read_latency(section, "node_latency_ns");
  swarmx.link_latency_ps = read_latency(section, "link_latency_ns");
  return swarmx;
}

TierSpec read_tier(YamlSection section) {
  TierSpec tier;
  tier.capacity_bytes = section.integer64("capacity_gigabytes", {1, 10'000'000}) * kBytesPerGigabyte;
  tier.gigabytes_per_s = section.real("gigabytes_per_s", {0.001, 1'000'000});
  tier.latency_ps = read_latency(section, "latency_ns");
  return tier;
}

MemoryxSpec read_memoryx(YamlSection section) {
  MemoryxSpec memoryx;
  memoryx.weight_servers = section.integer("weight_servers", {1, 4096});
  memoryx.dram = read_tier(section.section("dram"));
  memoryx.flash = read_tier(section.section("flash"));
  memoryx.update_params_per_s = section.real("update_params_per_s", {1, 1e15});
  memoryx.transpose_gigabytes_per_s = section.real("transpose_gigabytes_per_s", {0.001, 1'000'000});
  memoryx.chunk_bytes = section.integer64("chunk_bytes", {64, 1 << 28});
  return memoryx;
}

InputSpec read_input(YamlSection section) {
  InputSpec input;
  input.workers_per_system = section.integer("workers_per_system", {1, 4096});
  input.samples_per_s = section.real("samples_per_s", {0.001, 1e12});
  input.prefetch_batches = section.integer("prefetch_batches", {1, 4096});
  input.link_gbps = section.real("link_gbps", {0.001, 100'000});
  input.link_latency_ps = read_latency(section, "link_latency_ns");
  return input;
}

HostSpec read_host(YamlSection section) {
  HostSpec host;
  host.link_gbps = section.real("link_gbps", {0.001, 100'000});
  host.link_latency_ps = read_latency(section, "link_latency_ns");
  host.command_latency_ps = read_latency(section, "command_latency_ns");
  return host;
}

std::map<std::string, MachineSource> read_sources(YamlSection section) {
  std::map<std::string, MachineSource> sources;
  for (const auto& key : section.keys()) {
    auto entry = section.section(key);
    sources[key] = {entry.text("title"), entry.text("where")};
  }
  return sources;
}

MachineSpec read_spec(YamlSection root) {
  MachineSpec machine;
  machine.name = root.text("name");
  machine.description = root.text("description", "");
  machine.fabric = read_fabric(root.section("fabric"));
  machine.pe = read_pe(root.section("pe"));
  machine.router = read_router(root.section("router"));
  read_clock(root.section("clock"), machine);
  machine.io = read_io(root.section("io"), machine.fabric);
  machine.swarmx = read_swarmx(root.section("swarmx"));
  machine.memoryx = read_memoryx(root.section("memoryx"));
  machine.input = read_input(root.section("input"));
  machine.host = read_host(root.section("host"));
  machine.max_systems = root.integer("max_systems", {1, 65'536});
  return machine;
}

/// A file without one is of the version before there were any: of 1.
constexpr FileSchema machine_schema{"weft-machine", 2, 1};

/// Takes a file's schema out of it. Throws UsageError unless it is read.
void take_schema(YamlTree& root, const std::filesystem::path& file) {
  const YamlTree* written = root.find("schema");
  if (written == nullptr) return;
  if (!written->is_scalar() || !machine_schema.reads(written->scalar))
    throw UsageError(fmt::format("{}:{}:{}: {}", file.string(), written->place.line, written->place.column,
                                 machine_schema.refusal(written->is_scalar() ? written->scalar : "that is no word")));
  root.erase("schema");
}

/// The base that a file names, taken out of it.
std::optional<YamlTree> take_base(YamlTree& root) {
  const YamlTree* written = root.find("base");
  if (written == nullptr) return std::nullopt;
  YamlTree base = *written;
  root.erase("base");
  return base;
}

/// The file that `base` names: in `machines_dir`, or a path from the folder of `file`. `where`: for messages.
std::filesystem::path file_of_base(const YamlTree& base, const std::filesystem::path& file,
                                   const std::filesystem::path& machines_dir, const std::string& where) {
  if (!base.is_scalar())
    throw UsageError(fmt::format("{}: base is {}; allowed: a machine's name or a path", where, written(base)));
  const std::filesystem::path path = base.scalar;
  const bool is_path = path.has_parent_path() || path.has_extension();
  try {
    return named_yaml("machine", is_path ? (file.parent_path() / path).string() : base.scalar, machines_dir);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: base: {}", where, error.what()));
  }
}

/// Files of before had the rates of moves, which no instruction of Weft makes: nothing read them.
void drop_unread(YamlTree& root) {
  YamlTree* pe = root.find("pe");
  YamlTree* lanes = pe ? pe->find("lanes") : nullptr;
  if (!lanes) return;
  lanes->erase("move_32");
  lanes->erase("move_16");
}

/// The text, over the file that it is based on, over the one that that is based on, and so on; then the overrides.
YamlSource with_bases(const std::string& text, const std::filesystem::path& name,
                      const std::filesystem::path& machines_dir, const std::vector<std::string>& overrides) {
  YamlSource source(text, name);
  take_schema(source.root(), name);
  std::error_code unseen;
  std::vector<std::filesystem::path> chain{std::filesystem::weakly_canonical(name, unseen)};
  std::optional<YamlTree> base = take_base(source.root());
  if (base && source.root().find("name") == nullptr) {
    YamlTree& own = source.root().at("name");
    own.kind = YamlTree::Kind::scalar;
    own.scalar = name.stem().string();
    own.path = "name";
  }
  for (std::filesystem::path file = name; base;) {
    const std::string where = fmt::format("{}:{}:{}", file.string(), base->place.line, base->place.column);
    const std::filesystem::path next = file_of_base(*base, file, machines_dir, where);
    const std::filesystem::path known = std::filesystem::weakly_canonical(next, unseen);
    if (std::find(chain.begin(), chain.end(), known) != chain.end())
      throw UsageError(fmt::format("{}: base: {} is based on itself", where, next.string()));
    chain.push_back(known);
    YamlSource below(read_text_file(next), next);
    take_schema(below.root(), next);
    base = take_base(below.root());
    // A machine is called and described as its own file says.
    below.root().erase("name");
    below.root().erase("description");
    source.put_under(below.root(), next);
    file = next;
  }
  if (chain.size() > 1) source.drop_nulls();
  drop_unread(source.root());
  for (const std::string& flag : overrides) source.apply(flag);
  return source;
}

}  // namespace

MachineFile parse_machine(const std::string& text, const std::filesystem::path& name,
                          const std::filesystem::path& machines_dir, const std::vector<std::string>& overrides) {
  YamlReader reader(with_bases(text, name, machines_dir, overrides));
  MachineFile file;
  file.spec = read_spec(reader.root());
  file.values = reader.values();
  file.sources = read_sources(reader.root().section("sources"));
  reader.finish();
  return file;
}

MachineFile read_machine(const std::string& name_or_path, const std::filesystem::path& machines_dir,
                         const std::vector<std::string>& overrides) {
  const auto file = named_yaml("machine", name_or_path, machines_dir);
  return parse_machine(read_text_file(file), file, machines_dir, overrides);
}

MachineSpec load_machine(const std::string& name_or_path, const std::filesystem::path& machines_dir,
                         const std::vector<std::string>& overrides) {
  return read_machine(name_or_path, machines_dir, overrides).spec;
}

}  // namespace weft::hw
