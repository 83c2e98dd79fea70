#include "sw/cli/budget_command.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "hw/spec/machine_file.h"
#include "sw/budget/budget_page.h"
#include "sw/driver/run_folder.h"
#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

std::vector<Recompute> recomputes_of(const std::string& name) {
  std::vector<std::string> known{"auto"};
  for (const Recompute recompute : kRecomputes) {
    known.emplace_back(name_of(recompute));
    if (name == known.back()) return {recompute};
  }
  if (name == "auto") return {std::begin(kRecomputes), std::end(kRecomputes)};
  throw UsageError(fmt::format("--recompute {}: unknown{}", name, suggest(name, known)));
}

int micro_batches_of(const std::string& text) {
  if (text == "auto") return 0;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1)
    throw UsageError(
        fmt::format("--micro_batches {}: expected auto or a number from 1{}", text, suggest(text, {"auto"})));
  return count;
}

std::string model_list(const std::filesystem::path& file) {
  std::string text =
      fmt::format("{:<14}{:>7}{:>8}{:>7}{:>12}  {}\n", "model", "layers", "hidden", "heads", "parameters", "");
  for (const std::string& name : transformer_names(file)) {
    const Transformer model = read_transformer(name, file);
    text += fmt::format("{:<14}{:>7}{:>8}{:>7}{:>12.4g}  {}\n", name, model.layers, model.hidden, model.heads,
                        static_cast<double>(model.parameters()), model.title);
  }
  return text;
}

}  // namespace

BudgetCommand::BudgetCommand(CLI::App& app)
    : command_(app.add_subcommand("budget", "what a transformer's step asks of a machine, by arithmetic alone")) {
  command_->add_option("model,--model", model_, "a name in sw/budget/transformers.yaml")->capture_default_str();
  command_->add_option("--machine", machine_, "machine: a name in hw/machines or a YAML file")->capture_default_str();
  command_->add_option("--machine_set", machine_sets_, "key=value of the machine file, e.g. clock.profile=peak");
  command_->add_option("--set", sets_, "key=value of the model, e.g. hidden=8192");
  command_->add_option("--num_csx", systems_, "systems")->capture_default_str();
  command_->add_option("--batch", batch_, "sequences of a step, all systems")->capture_default_str();
  command_->add_option("--micro_batches", micro_batches_, "of a system, or auto: the shortest step that fits")
      ->capture_default_str();
  command_
      ->add_option("--recompute", recompute_,
                   "in the backward pass: none, elementwise (norms, activation function), layer (all), or auto")
      ->capture_default_str();
  command_->add_option("--activation_bytes", activation_bytes_, "bytes of a value that is kept")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  command_->add_option("--gradient_bytes", gradient_bytes_, "bytes of a gradient's number off the wafer: 4 or 2")
      ->check(CLI::IsMember({4, 2}))
      ->capture_default_str();
  command_
      ->add_option("--precision_opt_level", precision_opt_level_,
                   "1: products but gradients, and the output layer's deltas, sum in 16 bits; 0: all in fp32")
      ->check(CLI::Range(0, 1))
      ->capture_default_str();
  command_->add_option("--json", json_, "write the numbers here as well");
  command_->add_flag("--list", list_, "show the models and stop");
}

BudgetOptions BudgetCommand::options() const {
  BudgetOptions options;
  options.systems = systems_;
  options.batch = batch_;
  options.activation_bytes = activation_bytes_;
  options.gradient_bytes = gradient_bytes_;
  options.precision_opt_level = precision_opt_level_;
  options.tried = recomputes_of(recompute_);
  options.micro_batches = micro_batches_of(micro_batches_);
  return options;
}

int BudgetCommand::run(const std::filesystem::path& root) const {
  const std::filesystem::path file = root / "sw/budget/transformers.yaml";
  if (list_) {
    std::fputs(model_list(file).c_str(), stdout);
    return 0;
  }
  const hw::MachineSpec machine = hw::load_machine(machine_, root / "hw/machines", machine_sets_);
  const Transformer model = read_transformer(model_, file, sets_);
  const BudgetOptions wanted = options();
  const Budget budget = make_budget(model, machine, wanted);
  std::fputs(budget_page(model, machine, wanted, budget).c_str(), stdout);
  if (!json_.empty()) write_whole(json_, budget_json(model, machine, wanted, budget));
  return 0;
}

}  // namespace weft::sw
