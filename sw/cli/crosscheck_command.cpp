#include "sw/cli/crosscheck_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "hw/spec/kernel_table.h"
#include "hw/spec/machine_file.h"
#include "rtl/cosim/tile_source.h"
#include "sw/crosscheck/cross_trace.h"
#include "sw/driver/run_folder.h"
#include "tlm/base/error.h"
#include "tlm/base/json_text.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

hw::ClockedSource tiles_of(const hw::MachineSpec& machine, const std::string& no_tiles) {
  return no_tiles.empty() ? rtl::tile_source(machine) : hw::ClockedSource();
}

/// Empty if there are tiles of this machine.
std::string why_no_tiles(const hw::MachineSpec& machine) {
  try {
    rtl::tile_source(machine);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

}  // namespace

CrosscheckCommand::CrosscheckCommand(CLI::App& app)
    : command_(
          app.add_subcommand("crosscheck", "run kernels on RTL tiles and on the models, compare bits and cycles")) {
  command_->add_option("--kernel", kernel_, "one kernel [all that have programs]");
  command_->add_option("--shape", shape_, "one case: INPUTSxOUTPUTSxTOKENS@WIDTHxHEIGHT [a sweep]");
  command_->add_option("--stalls", stalls_, "of one case: none, rounds, wavelets")
      ->check(CLI::IsMember({"none", "rounds", "wavelets"}))
      ->capture_default_str();
  command_->add_option("--zeros", zeros_, "of 100 weights of a forward, delta or gradient launch, on the average")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  std::vector<std::string> formats;
  for (const HalfFormatRow& row : half_formats) formats.emplace_back(row.name);
  command_->add_option("--format", format_, fmt::format("of 16-bit numbers: {}", fmt::join(formats, ", ")))
      ->check(CLI::IsMember(formats))
      ->capture_default_str();
  command_->add_flag("--half_sums", half_sums_, "products accumulate in 16 bits: those that may, and no other kernel");
  command_->add_flag("--no_bias", no_bias_, "of one case, a forward or gradient launch: its layer has no bias");
  command_->add_option("--queries", queries_, "of one case, attention or rotary: heads of queries to a head of keys")
      ->check(CLI::Range(1, 64));
  command_->add_flag("--causal", mask_.causal, "attention: a token attends to no later key");
  command_
      ->add_option("--reach", mask_.reach,
                   "attention, with --causal: to its own key and so many less one before it [all]")
      ->check(CLI::Range(1, 65535));
  command_->add_option("--length", mask_.length, "attention: tokens that exist, the others pad the sequence [all]")
      ->check(CLI::Range(1, 65535));
  command_->add_flag("--windows", windows_,
                     "kernels on scores, with --causal or --reach: scores stand in the windows that products leave");
  command_->add_option("--seed", seed_, "of the data, the stalls and the sweep")->capture_default_str();
  command_->add_option("--cases", cases_, "cases of the sweep")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command_->add_option("--largest", largest_, "arrays of up to so many PEs a side")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command_->add_option("--machine", machine_, "machine file or name")->capture_default_str();
  command_->add_option("--machine_set", machine_sets_,
                       "key=value of the machine file; without a tile of these numbers only the models are compared");
  command_->add_option("--threads", threads_, "host threads")->check(CLI::Range(1, 256))->capture_default_str();
  command_->add_option("--json", json_, "write the table here as well");
  command_->add_option("--vcd", vcd_, "of one case: waveform of tiles and model");
}

HalfFormat CrosscheckCommand::format() const {
  return std::find_if(std::begin(half_formats), std::end(half_formats),
                      [this](const HalfFormatRow& row) { return row.name == format_; })
      ->format;
}

std::vector<hw::KernelKind> CrosscheckCommand::kernels() const {
  std::vector<std::string> known;
  std::vector<hw::KernelKind> kinds;
  for (const hw::KernelKind kind : program_kernels()) {
    if (zeros_ > 0 && !hw::kernel_of(kind).may_be_sparse) continue;
    if (half_sums_ && !takes_half_sums(kind)) continue;
    if ((mask_.any() || windows_) && !takes_mask(kind, mask_, windows_)) continue;
    kinds.push_back(kind);
    known.emplace_back(hw::kernel_name(kind));
    if (known.back() == kernel_) return {kind};
  }
  if (kernel_.empty()) return kinds;
  throw UsageError(fmt::format("--kernel {}: not a kernel with a program{}{}", kernel_,
                               zeros_ > 0   ? " whose weights may be sparse (--zeros)"
                               : half_sums_ ? " that may accumulate in halves (--half_sums)"
                               : windows_
                                   ? " on scores that stand in windows of a mask (--windows with --causal, --reach)"
                               : mask_.any() ? " of attention with this mask (--causal, --reach, --length)"
                                             : "",
                               suggest(kernel_, known)));
}

CrossCase CrosscheckCommand::sweep_case(const std::vector<hw::KernelKind>& kernels, int index) const {
  CrossCase c = sw::sweep_case(seed_, index, largest_, kernels, zeros_, mask_, windows_);
  c.format = format();
  c.half_sums = half_sums_;
  return c;
}

CrossCase CrosscheckCommand::single_case() const {
  CrossCase c;
  c.kind = kernels().front();
  c.seed = seed_;
  c.zeros = zeros_;
  c.mask = mask_;
  c.windows = windows_;
  c.bias = !no_bias_;
  c.format = format();
  c.half_sums = half_sums_;
  c.queries = queries_;
  if (queries_ > 1 && !takes_queries(c.kind))
    throw UsageError(fmt::format("--queries {}: {} has none to group", queries_, kernel_));
  if (queries_ > 1 && windows_) throw UsageError(fmt::format("--queries {}: scores in windows have 1", queries_));
  if (queries_ > 1 && mask_.any() && hw::kernel_of(c.kind).streams())
    throw UsageError(fmt::format("--queries {}: a product of attention with a mask has 1", queries_));
  int used = 0;
  const int read = std::sscanf(shape_.c_str(), "%dx%dx%d@%dx%d%n", &c.inputs, &c.outputs, &c.tokens, &c.rectangle.width,
                               &c.rectangle.height, &used);
  const int smallest = std::min({c.inputs, c.outputs, c.tokens, c.rectangle.width, c.rectangle.height});
  if (read != 5 || used != static_cast<int>(shape_.size()) || smallest < 1)
    throw UsageError(fmt::format(
        "--shape {}: expected INPUTSxOUTPUTSxTOKENS@WIDTHxHEIGHT, each at least 1, e.g. 5x3x4@4x3", shape_));
  for (const auto& [option, tokens] : {std::pair("--reach", mask_.reach), std::pair("--length", mask_.length)})
    if (tokens > c.tokens)
      throw UsageError(fmt::format("{} {}: the sequence has {} tokens (--shape); allowed: 1 to {}", option, tokens,
                                   c.tokens, c.tokens));
  for (const Stalls stalls : {Stalls::none, Stalls::rounds, Stalls::wavelets})
    if (stalls_ == name_of(stalls)) c.stalls = stalls;
  return c;
}

CrossTable CrosscheckCommand::run_one(const hw::MachineSpec& machine, const std::string& no_tiles) const {
  const CrossCase c = single_case();
  CrossRuns runs;
  CrossTable table(no_tiles);
  const PreparedCase prepared = prepare(machine, c);
  table.add(c, run_case(machine, prepared, tiles_of(machine, no_tiles), &runs));
  if (!vcd_.empty()) write_trace(vcd_, machine, prepared.setup->array, runs);
  return table;
}

// Threads take cases in turn and the table adds them in order, so the result does not depend on their number.
CrossTable CrosscheckCommand::run_sweep(const hw::MachineSpec& machine, const std::string& no_tiles) const {
  const std::vector<hw::KernelKind> all = kernels();
  std::vector<CrossResult> results(static_cast<std::size_t>(cases_));
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(threads_));
  const auto work = [&](int thread) {
    try {
      const hw::ClockedSource tiles = tiles_of(machine, no_tiles);
      for (int index = thread; index < cases_; index += threads_) {
        results[static_cast<std::size_t>(index)] = run_case(machine, prepare(machine, sweep_case(all, index)), tiles);
      }
    } catch (...) {
      errors[static_cast<std::size_t>(thread)] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 1; thread < threads_; ++thread) threads.emplace_back(work, thread);
  work(0);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
  CrossTable table(no_tiles);
  for (int index = 0; index < cases_; ++index)
    table.add(sweep_case(all, index), results[static_cast<std::size_t>(index)]);
  return table;
}

int CrosscheckCommand::run(const std::filesystem::path& root) const {
  if (!vcd_.empty() && shape_.empty()) throw UsageError("--vcd traces one case: give its --shape");
  const hw::MachineSpec machine = hw::load_machine(machine_, root / "hw/machines", machine_sets_);
  const std::string no_tiles = machine_sets_.empty() ? "" : why_no_tiles(machine);
  const CrossTable table = shape_.empty() ? run_sweep(machine, no_tiles) : run_one(machine, no_tiles);
  std::fputs(table.text().c_str(), stdout);
  if (!json_.empty()) write_whole(json_, json_text(table.json(), 2) + "\n");
  return table.good() ? 0 : 1;
}

}  // namespace weft::sw
