// Any text as a model file.
#include "sw/graph/model_file.h"

#include "sw/graph/operation_graph.h"
#include "tests/fuzz/targets/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weft::test::attempt([&] {
    const auto model = weft::sw::parse_model({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
    weft::sw::matrix_layers(model.config.model);
    weft::sw::operation_graph(model.config.model);
  });
}
