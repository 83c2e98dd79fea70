#include "sw/driver/run_files.h"

#include "tlm/base/error.h"

namespace weft::sw {

RunFiles read_run_files(const RunSettings& settings) {
  RunFiles files;
  std::string errors;
  const auto read = [&errors](const auto& reader) {
    try {
      reader();
    } catch (const UsageError& error) {
      errors += (errors.empty() ? "" : "\n") + std::string(error.what());
    }
  };
  read([&] {
    files.model = read_model(settings.model, settings.root / "sw/models", settings.model_overrides);
    if (!settings.data_dir.empty()) use_data_folder(files.model, settings.data_dir);
  });
  read([&] {
    files.machine = hw::read_machine(settings.machine, settings.root / "hw/machines", settings.machine_overrides);
  });
  if (!errors.empty()) throw UsageError(errors);
  return files;
}

}  // namespace weft::sw
