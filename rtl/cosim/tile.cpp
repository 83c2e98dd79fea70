#include "rtl/cosim/tile.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "rtl/cosim/tile_kinds.h"
#include "tlm/base/error.h"

namespace weft::rtl {

namespace {

constexpr std::uint32_t map_parameters = 0xf000;  // of the host port (rtl/ISA.md)

struct Kind {
  const char* name;
  std::unique_ptr<Tile> (*make)();
};
constexpr Kind kinds[] = {{"wse2", new_wse2_tile}, {"wse3", new_wse3_tile}};

struct Parameter {
  const char* name;
  std::int64_t wanted;
};

// In the order of the host port's map.
std::vector<Parameter> parameters_of(const hw::MachineSpec& machine) {
  const hw::PeSpec& pe = machine.pe;
  const hw::RouterSpec& router = machine.router;
  return {{"pe.lanes.fmac_mixed", pe.lanes.fmac_mixed},
          {"router.link_queue", router.link_queue},
          {"router.input_queue", router.input_queue},
          {"router.output_queue", router.output_queue},
          {"router.ramp_cycles", router.ramp_cycles},
          {"pe.vector_issue_cycles", pe.vector_issue_cycles},
          {"pe.vector_fill_cycles", pe.vector_fill_cycles},
          {"pe.scalar_cycles", pe.scalar_cycles},
          {"pe.control_cycles", pe.control_cycles},
          {"pe.task_dispatch_cycles", pe.task_dispatch_cycles},
          {"router.colors", router.colors},
          {"pe.sram_bytes", pe.sram_bytes},
          {"router.hop_cycles", router.hop_cycles},
          {"pe.banks", pe.banks},
          {"pe.lanes.add_fp32", pe.lanes.add_fp32},
          {"pe.lanes.mul_fp32", pe.lanes.mul_fp32},
          {"pe.lanes.max_fp32", pe.lanes.max_fp32},
          {"pe.lanes.max_fp16", pe.lanes.max_fp16},
          {"pe.lanes.fmac_fp32", pe.lanes.fmac_fp32},
          {"pe.call_cycles", pe.call_cycles},
          {"pe.lanes.convert", pe.lanes.convert},
          {"pe.lanes.integer", pe.lanes.integer},
          {"pe.lanes.fmac_fp16", pe.lanes.fmac_fp16}};
}

/// What `tile` was built with and `machine` has otherwise, a sentence each.
std::vector<std::string> differences(const hw::MachineSpec& machine, Tile& tile) {
  std::vector<std::string> found;
  std::uint32_t address = map_parameters;
  for (const Parameter& parameter : parameters_of(machine)) {
    const std::uint32_t built = tile.read(address++);
    if (built != parameter.wanted)
      found.push_back(fmt::format("{} is {}; the RTL tile is built with {}", parameter.name, parameter.wanted, built));
  }
  return found;
}

}  // namespace

TileMaker::TileMaker(const hw::MachineSpec& machine) : make_(nullptr) {
  std::vector<std::string> nearest;
  std::string names;
  for (const Kind& kind : kinds) {
    const std::vector<std::string> found = differences(machine, *kind.make());
    if (make_ == nullptr || found.size() < nearest.size()) {
      make_ = kind.make;
      nearest = found;
    }
    names += fmt::format("{}{}", names.empty() ? "" : ", ", kind.name);
  }
  if (!nearest.empty())
    throw UsageError(
        fmt::format("machine '{}': {} (tiles are built as those of {})", machine.name, nearest.front(), names));
}

}  // namespace weft::rtl
