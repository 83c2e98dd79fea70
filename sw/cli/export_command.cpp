#include "sw/cli/export_command.h"

#include "sw/driver/weight_export.h"

namespace weft::sw {

ExportCommand::ExportCommand(CLI::App& app)
    : command_(app.add_subcommand("export", "write a trained transformer as Hugging Face's files")) {
  command_->add_option("checkpoint", checkpoint_, "a checkpoint, or a run's folder: its newest")->required();
  command_->add_option("-o,--output", to_, "model.safetensors; config.json is written beside it")->required();
}

int ExportCommand::run() const { return export_weights(checkpoint_, to_); }

}  // namespace weft::sw
