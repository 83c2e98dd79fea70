#include "sw/cli/fabric_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "hw/spec/machine_file.h"
#include "rtl/cosim/tile_source.h"
#include "sw/driver/run_folder.h"
#include "sw/fabric/fabric_run.h"
#include "tlm/base/error.h"
#include "tlm/base/named_file.h"

namespace weft::sw {

FabricCommand::FabricCommand(CLI::App& app) : command_(app.add_subcommand("fabric", "run PE programs by hand")) {
  command_->add_option("program", program_, "a name in sw/fabric_programs or a YAML file")->required();
  command_->add_option("--set", sets_, "parameter of the program, e.g. P=64");
  command_->add_option("--machine", machine_, "machine: a name in hw/machines or a YAML file")->capture_default_str();
  command_->add_option("--machine_set", machine_sets_, "key=value of the machine file");
  command_->add_flag("--rtl", rtl_, "on Verilated tiles instead of the event model");
  command_->add_option("--json", json_, "write the outcome to this file");
  command_->add_option("--dump", dump_, "write the memory that the program's `dump` names to this file");
}

int FabricCommand::run(const std::filesystem::path& root) const {
  const hw::MachineSpec machine = hw::load_machine(machine_, root / "hw/machines", machine_sets_);
  const std::filesystem::path file = named_yaml("fabric program", program_, root / "sw/fabric_programs");
  const FabricOutcome outcome =
      run_fabric_file(file, sets_, machine, rtl_ ? rtl::tile_source(machine) : hw::ClockedSource());
  std::fputs(outcome.text().c_str(), stdout);
  if (!json_.empty()) write_whole(json_, outcome.json());
  if (!dump_.empty()) {
    if (outcome.finished && outcome.dump.empty())
      throw UsageError(fmt::format("--dump {}: {} has no section dump", dump_.string(), file.string()));
    write_whole(dump_, outcome.dump);
  }
  return outcome.good() ? 0 : 1;
}

}  // namespace weft::sw
