#include "hw/fabric/retimed_rounds.h"

namespace weft::hw {

bool retimes(const FabricTiming& timing, const LaunchMap& map) {
  return map.lists() || (map.reduces && map.returns && (map.kept || timing.input_queue > timing.way_back(1)));
}

void RetimedRounds::run_listed(StreamReduce& engine, const std::int32_t* edge, const StreamReduce::Source& source,
                               const std::int32_t* sink_ready) {
  const bool may_meet = engine.lists().is_long();
  if (may_meet) before_ = engine;
  for (;;) {
    engine.lists().take(edge);
    engine.stream(source, sink_ready, -1);
    if (!may_meet || engine.lists().deltas_as_expected()) break;
    deltas_ = engine.lists().first_deltas();
    engine = *before_;
    engine.lists().expect_deltas(deltas_);
  }
  engine.reduce(0, engine.sizes().max_elements(), -1);
}

}  // namespace weft::hw
