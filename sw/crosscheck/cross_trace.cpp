#include "sw/crosscheck/cross_trace.h"

#include <fmt/format.h>

#include "tlm/trace/trace_file.h"

namespace weft::sw {

void write_trace(const std::filesystem::path& path, const hw::MachineSpec& machine, const hw::ArraySetup& array,
                 const CrossRuns& runs) {
  proto::TraceFile file(path, {});
  proto::Recorder& recorder = file.recorder();
  const auto record = [&](const char* who, const hw::ArrayRun& run) {
    for (int y = 0; y < array.height; ++y) {
      for (int x = 0; x < array.width; ++x) {
        proto::TrackId tracks[hw::thread_count];
        for (int thread = 0; thread < hw::thread_count; ++thread)
          tracks[thread] = recorder.track(fmt::format("{}.pe_{}_{}.thread{}", who, x, y, thread), "pes");
        for (const hw::CoreSlot& slot : run.pes[static_cast<std::size_t>(y * array.width + x)].slots)
          recorder.span(tracks[slot.thread], machine.clock.to_ps(slot.at), machine.clock.to_ps(slot.at + 1),
                        static_cast<std::uint32_t>(slot.instruction + 1));
      }
    }
  };
  record("tiles", runs.tiles);
  record("model", runs.model);
  file.write();
}

}  // namespace weft::sw
