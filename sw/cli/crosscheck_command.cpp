#include "sw/cli/crosscheck_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

#include "hw/spec/kernel_names.h"
#include "hw/spec/machine_file.h"
#include "sw/crosscheck/cross_table.h"
#include "sw/crosscheck/cross_trace.h"
#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

struct Flags {
  std::string kernel, shape, stalls = "none", machine = "mini";
  int cases = 600, largest = 8, threads = 1;
  std::uint32_t seed = 1;
  std::filesystem::path json, vcd;
};

std::vector<hw::KernelKind> kernels_of(const std::string& name) {
  if (name.empty()) return program_kernels();
  std::vector<std::string> known;
  for (const hw::KernelKind kind : program_kernels()) {
    known.emplace_back(hw::kernel_name(kind));
    if (known.back() == name) return {kind};
  }
  throw UsageError(fmt::format("--kernel {}: not a kernel with a program{}", name, suggest(name, known)));
}

CrossCase single_case(const Flags& flags) {
  CrossCase c;
  c.kind = kernels_of(flags.kernel).front();
  c.seed = flags.seed;
  int used = 0;
  const int read = std::sscanf(flags.shape.c_str(), "%dx%dx%d@%dx%d%n", &c.inputs, &c.outputs, &c.tokens,
                               &c.rectangle.width, &c.rectangle.height, &used);
  const int smallest = std::min({c.inputs, c.outputs, c.tokens, c.rectangle.width, c.rectangle.height});
  if (read != 5 || used != static_cast<int>(flags.shape.size()) || smallest < 1)
    throw UsageError(fmt::format(
        "--shape {}: expected INPUTSxOUTPUTSxTOKENS@WIDTHxHEIGHT, each at least 1, e.g. 5x3x4@4x3", flags.shape));
  for (const Stalls stalls : {Stalls::none, Stalls::rounds, Stalls::wavelets})
    if (flags.stalls == name_of(stalls)) c.stalls = stalls;
  return c;
}

CrossTable run_one(const Flags& flags, const hw::MachineSpec& machine) {
  const CrossCase c = single_case(flags);
  CrossRuns runs;
  CrossTable table;
  const PreparedCase prepared = prepare(machine, c);
  table.add(c, run_case(machine, prepared, c.stalls, rtl::tile_source(machine), &runs));
  if (!flags.vcd.empty()) write_trace(flags.vcd, machine, prepared.setup.array, runs);
  return table;
}

// Threads take cases in turn and the table adds them in order, so the result does not depend on their number.
CrossTable run_sweep(const Flags& flags, const hw::MachineSpec& machine) {
  const std::vector<hw::KernelKind> kernels = kernels_of(flags.kernel);
  std::vector<CrossResult> results(static_cast<std::size_t>(flags.cases));
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(flags.threads));
  const auto work = [&](int thread) {
    try {
      const rtl::TileSource tiles = rtl::tile_source(machine);
      for (int index = thread; index < flags.cases; index += flags.threads) {
        const CrossCase c = sweep_case(flags.seed, index, flags.largest, kernels);
        results[static_cast<std::size_t>(index)] = run_case(machine, prepare(machine, c), c.stalls, tiles);
      }
    } catch (...) {
      errors[static_cast<std::size_t>(thread)] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 1; thread < flags.threads; ++thread) threads.emplace_back(work, thread);
  work(0);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
  CrossTable table;
  for (int index = 0; index < flags.cases; ++index)
    table.add(sweep_case(flags.seed, index, flags.largest, kernels), results[static_cast<std::size_t>(index)]);
  return table;
}

int run(const Flags& flags, const std::filesystem::path& root) {
  if (!flags.vcd.empty() && flags.shape.empty()) throw UsageError("--vcd traces one case: give its --shape");
  const hw::MachineSpec machine = hw::load_machine(flags.machine, root / "hw/machines");
  const CrossTable table = flags.shape.empty() ? run_sweep(flags, machine) : run_one(flags, machine);
  std::fputs(table.text().c_str(), stdout);
  if (!flags.json.empty()) {
    std::ofstream file(flags.json);
    file << table.json().dump(2) << '\n';
    if (!file.flush()) throw UsageError(fmt::format("{}: cannot be written", flags.json.string()));
  }
  return table.good() ? 0 : 1;
}

}  // namespace

void add_crosscheck_command(CLI::App& app, const std::filesystem::path& root, int& exit_code) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command =
      *app.add_subcommand("crosscheck", "run kernels on RTL tiles and on the models, compare bits and cycles");
  command.add_option("--kernel", flags->kernel, "one kernel [all that have programs]");
  command.add_option("--shape", flags->shape, "one case: INPUTSxOUTPUTSxTOKENS@WIDTHxHEIGHT [a sweep]");
  command.add_option("--stalls", flags->stalls, "of one case: none, rounds, wavelets")
      ->check(CLI::IsMember({"none", "rounds", "wavelets"}))
      ->capture_default_str();
  command.add_option("--seed", flags->seed, "of the data, the stalls and the sweep")->capture_default_str();
  command.add_option("--cases", flags->cases, "cases of the sweep")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command.add_option("--largest", flags->largest, "arrays of up to so many PEs a side")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--machine", flags->machine, "machine file or name")->capture_default_str();
  command.add_option("--threads", flags->threads, "host threads")->check(CLI::Range(1, 256))->capture_default_str();
  command.add_option("--json", flags->json, "write the table here as well");
  command.add_option("--vcd", flags->vcd, "of one case: waveform of tiles and model");
  command.callback([flags, root, &exit_code] { exit_code = run(*flags, root); });
}

}  // namespace weft::sw
