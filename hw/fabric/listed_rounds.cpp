#include "hw/fabric/listed_rounds.h"

namespace weft::hw {

void ListedRounds::run(StreamReduce& engine, const std::int32_t* edge, const StreamReduce::Source& source,
                       const std::int32_t* sink_ready) {
  const bool may_meet = engine.lists_are_long();
  if (may_meet) before_ = engine;
  for (;;) {
    engine.take_lists(edge);
    engine.stream(source, sink_ready, -1);
    if (!may_meet || engine.deltas_as_expected()) return;
    deltas_ = engine.first_deltas();
    engine = *before_;
    engine.expect_deltas(deltas_);
  }
}

}  // namespace weft::hw
