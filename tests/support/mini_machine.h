#pragma once
// The smallest machine file, read once.
#include "hw/spec/machine_file.h"
#include "tests/support/paths.h"

namespace weft::test {

inline const hw::MachineSpec& mini() {
  static const hw::MachineSpec machine = hw::load_machine("mini", source_path("hw/machines"));
  return machine;
}

}  // namespace weft::test
