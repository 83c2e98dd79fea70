#include "sw/cli/sample_command.h"

#include <limits>

#include "sw/cli/command_line.h"

namespace weft::sw {

SampleCommand::SampleCommand(CLI::App& app)
    : command_(app.add_subcommand("sample", "write a text with a model that was trained on one")) {
  constexpr std::int64_t most_tokens = 1'000'000;
  command_->footer(
      "Each token is a whole forward pass on the simulated cluster over the last tokens of the text, as many as the "
      "model has places for: keys and values of the pass before are not kept (no key cache), and that the host reads a "
      "token's logits takes no simulated time. The text goes to stdout, the rate to stderr.");
  command_->add_option("checkpoint", settings_.run.checkpoint, "a checkpoint, or a run's folder: its newest")
      ->required();
  command_->add_option("--prompt", settings_.prompt, "what the text begins with [GPT-2's vocabulary: an end of text]");
  command_->add_option("--tokens", settings_.tokens, "how many are written after it")
      ->check(CLI::Range(std::int64_t{1}, most_tokens))
      ->capture_default_str();
  command_
      ->add_option("--temperature", settings_.temperature,
                   "what logits are divided by before one is drawn; 0: always the likeliest")
      ->check(number_between(0, 1000))
      ->capture_default_str();
  command_->add_option("--seed", settings_.seed, "of the draws; the same gives the same text")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
  settings_.run.machine.clear();
  command_->add_option("--machine", settings_.run.machine,
                       "machine: a name in hw/machines or a YAML file [that of the training]");
  command_->add_option("--threads", settings_.run.threads, "host threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
}

int SampleCommand::run(const std::filesystem::path& root, const std::filesystem::path& data_root) const {
  SampleSettings settings = settings_;
  settings.run.root = root;
  settings.run.data_root = data_root;
  return run_sample(settings);
}

}  // namespace weft::sw
