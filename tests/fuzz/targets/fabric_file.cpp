// Any text as a fabric program file, set up on the smallest machine.
#include "hw/spec/machine_file.h"
#include "sw/fabric/fabric_setup.h"
#include "tests/fuzz/targets/target.h"
#include "tests/support/paths.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const weft::hw::MachineSpec machine = weft::hw::load_machine("mini", weft::test::source_path("hw/machines"));
  return weft::test::attempt([&] {
    const weft::test::MemoryFile file(data, size);
    const weft::sw::FabricFile fabric = weft::sw::read_fabric_file(file.path(), {}, machine);
    const weft::hw::ArraySetup setup = weft::sw::build_array(fabric, machine);
    for (const weft::hw::Program& program : setup.programs) weft::hw::validate(program, machine);
  });
}
