// Memory of the time lines of one launch on a whole wafer: no SRAM contents.
#include "hw/fabric/stream_reduce.h"
#include "hw/spec/machine_file.h"
#include "tests/bench/child_process.h"
#include "tests/support/paths.h"

namespace weft::bench {

/// Arguments: lines, positions, wavelets, elements.
nlohmann::json measure_engine_memory(const std::vector<std::string>& arguments) {
  const hw::FabricTiming timing(hw::load_machine("wse2", weft::test::source_path("hw/machines")));
  hw::StreamReduceShape shape;
  shape.lines = shape.chain = std::stoi(arguments.at(0));
  shape.positions = std::stoi(arguments.at(1));
  shape.wavelets.assign(static_cast<std::size_t>(shape.lines), std::stoi(arguments.at(2)));
  shape.elements.assign(static_cast<std::size_t>(shape.positions), std::stoi(arguments.at(3)));
  shape.lanes = 2;
  const std::vector<std::int32_t> edge(static_cast<std::size_t>(shape.lines), 0);
  const std::int64_t before = resident_bytes();
  hw::StreamReduce engine(timing, shape);
  hw::StreamReduce::Source source;
  source.edge = edge.data();
  engine.stream(source, nullptr, shape.lines / 2);
  engine.reduce(0, engine.sizes().max_elements(), shape.lines / 2);
  engine.close_reduction(false);
  const double pes = static_cast<double>(shape.lines) * shape.positions;
  return {{"bytes_per_pe", static_cast<double>(resident_bytes() - before) / pes}, {"end", engine.end().since()}};
}

}  // namespace weft::bench
