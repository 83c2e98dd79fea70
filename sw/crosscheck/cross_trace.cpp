#include "sw/crosscheck/cross_trace.h"

#include <fmt/format.h>

#include "hw/pe/instruction_text.h"
#include "tlm/base/clock_crossing.h"
#include "tlm/trace/trace_file.h"

namespace weft::sw {

void write_trace(const std::filesystem::path& path, const hw::MachineSpec& machine, const hw::ArraySetup& array,
                 const CrossRuns& runs) {
  proto::TraceFile file(path, {}, {fmt::format("clock {} MHz", machine.clock.mega_hertz)});
  proto::Recorder& recorder = file.recorder();
  const auto record = [&](const char* who, const hw::ArrayRun& run) {
    for (int y = 0; y < array.height; ++y) {
      for (int x = 0; x < array.width; ++x) {
        const auto at = static_cast<std::size_t>(y * array.width + x);
        proto::TrackId tracks[hw::thread_count], places[hw::thread_count];
        for (int thread = 0; thread < hw::thread_count; ++thread) {
          const std::string name = fmt::format("{}.pe_{}_{}.thread{}", who, x, y, thread);
          tracks[thread] = recorder.track(name, "pes", proto::TrackValues::names);
          places[thread] = recorder.track(name + "_pc", "pes", proto::TrackValues::numbers);
        }
        for (const hw::CoreSlot& slot : run.pes[at].slots) {
          const hw::Opcode opcode = array.programs[at].code[static_cast<std::size_t>(slot.instruction)].opcode;
          const Picosecond begin = to_ps(machine.clock, slot.at), end = to_ps(machine.clock, slot.at + 1);
          recorder.span(tracks[slot.thread], begin, end, recorder.name(hw::text_of(opcode).name));
          recorder.span(places[slot.thread], begin, end, static_cast<std::uint64_t>(slot.instruction) + 1);
        }
      }
    }
  };
  record("tiles", runs.tiles);
  record("model", runs.model);
  file.begin();
  file.finish();
}

}  // namespace weft::sw
