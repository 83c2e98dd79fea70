// Any text as a model file.
#include "sw/graph/model_file.h"

#include "sw/compiler/matched_model.h"
#include "sw/graph/network_graph.h"
#include "tests/fuzz/targets/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weft::test::attempt([&] {
    const auto model = weft::sw::parse_model({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
    weft::sw::matched_model(weft::sw::network_graph(model.config.model));
  });
}
