// Any text as a plan of fc_mnist_tiny on mini.
#include "sw/compiler/plan_file.h"

#include "hw/spec/machine_file.h"
#include "sw/graph/model_file.h"
#include "sw/graph/network_graph.h"
#include "tests/fuzz/targets/target.h"
#include "tests/support/paths.h"

namespace {

struct Run {
  weft::hw::MachineFile machine = weft::hw::read_machine("mini", weft::test::source_path("hw/machines"));
  weft::sw::ModelFile model = weft::sw::read_model("fc_mnist_tiny", weft::test::source_path("sw/models"));
  weft::sw::MatchedModel matched = weft::sw::matched_model(weft::sw::network_graph(model.config.model));
  nlohmann::ordered_json inputs = weft::sw::plan_inputs(machine.values, model.values);
  weft::sw::Plan fresh = weft::sw::make_plan(matched, machine.spec, model.config.train_input.batch_size, 1,
                                             weft::sw::RetainOutput::automatic, {});
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Run run;
  return weft::test::attempt([&] {
    const weft::test::MemoryFile file(data, size);
    weft::sw::read_plan(file.path(), run.matched, run.machine.spec, run.inputs, run.fresh);
  });
}
