#include "hw/fabric/listed_rounds.h"

namespace weft::hw {

void ListedRounds::run(StreamReduce& engine, const std::int32_t* edge, const StreamReduce::Source& source,
                       const std::int32_t* sink_ready) {
  const bool may_meet = engine.lists().is_long();
  if (may_meet) before_ = engine;
  for (;;) {
    engine.lists().take(edge);
    engine.stream(source, sink_ready, -1);
    if (!may_meet || engine.lists().deltas_as_expected()) return;
    deltas_ = engine.lists().first_deltas();
    engine = *before_;
    engine.lists().expect_deltas(deltas_);
  }
}

}  // namespace weft::hw
