// Question: is there a small machine and a small launch on it for which fast-forward changes a mark, an end or a class?
// The machines are not all of those that a machine file may say: any queue, any edge, any cost of an instruction.
#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "hw/spec/deepest_queue.h"
#include "hw/spec/machine_file.h"
#include "tests/support/paths.h"
#include "tests/timing/matrix_launches.h"

using namespace weft;
using namespace weft::hw;
using namespace weft::test;

namespace {

class Search {
 public:
  explicit Search(unsigned seed) : random_(seed) {}

  /// One machine, one size, some launches after each other: with fast-forward as without.
  void look(KernelKind kind, bool sparse) {
    const MachineSpec machine = any_machine();
    const LaunchSize size = any_size(kind, sparse);
    LateWords late(static_cast<std::size_t>(any(1, 3)));
    for (std::vector<Cycle>& of_launch : late) of_launch = any_chunks();
    if (late.size() == 3 && one_of(2)) late[2] = late[1] = late[0];
    const Cycle least_rest = one_of(3) ? 1 : MatrixTimer::usual_least_rest;
    const RouterSpec& router = machine.router;
    const IoSpec& io = machine.io;
    INFO(describe(size) << "; hop " << router.hop_cycles << ", ramp " << router.ramp_cycles << ", queues "
                        << router.link_queue << ' ' << router.input_queue << ' ' << router.output_queue << "; rows "
                        << io.rows_per_channel << ", bits " << io.channel_bits_per_cycle << ", buffer "
                        << io.row_buffer_bytes << "; waits added from " << least_rest);
    LaunchMemo memo;
    const std::vector<LaunchOutcome> some = time_launches(machine, size, late, &memo, least_rest),
                                     all = time_launches(machine, size, late, nullptr, no_rest_is_added);
    for (std::size_t launch = 0; launch < all.size(); ++launch) {
      INFO("launch " << launch << " of " << all.size() << " in " << late[launch].size() << " chunks; simulated "
                     << some[launch].how);
      check_equal(some[launch], all[launch]);
      ++seen_[some[launch].how];
    }
  }

  void look_at_all(int trials) {
    const KernelKind kinds[] = {KernelKind::matmul_forward, KernelKind::matmul_delta, KernelKind::matmul_gradient,
                                KernelKind::retained_delta};
    for (int trial = 0; trial < trials; ++trial) {
      for (const KernelKind kind : kinds) look(kind, false);
      look(KernelKind::matmul_gradient, false);
      look(kinds[trial % 3], true);
    }
    for (const auto& [how, times] : seen_) UNSCOPED_INFO(how << ": " << times);
  }

  /// Launches of which so much was simulated, as MatrixTimer::how() says.
  int seen(const std::string& how) const {
    const auto found = seen_.find(how);
    return found == seen_.end() ? 0 : found->second;
  }

 private:
  int any(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }
  bool one_of(int cases) { return any(1, cases) == 1; }

  int any_queue() {
    switch (any(0, 3)) {
      case 0:
        return any(2, 3);
      case 1:
        return 8;
      case 2:
        return any(9, deepest_queue);
      default:
        return any(2, 8);
    }
  }

  MachineSpec any_machine() {
    MachineSpec machine = mini_;
    if (one_of(2)) {
      machine.router.hop_cycles = any(1, 3);
      machine.router.ramp_cycles = any(1, 4);
    }
    machine.router.link_queue = any_queue();
    machine.router.input_queue = any_queue();
    machine.router.output_queue = any_queue();
    PeSpec& pe = machine.pe;
    if (one_of(2)) {
      pe.lanes.fmac_mixed = any(1, 8);
      pe.vector_issue_cycles = any(1, 4);
      pe.vector_fill_cycles = any(1, 12);
      pe.scalar_cycles = any(1, 9);
      pe.control_cycles = any(1, 9);
      pe.task_dispatch_cycles = any(1, 20);
    }
    machine.io.rows_per_channel = any(1, 15);
    machine.io.channel_bits_per_cycle = 16 * any(1, 8);
    machine.io.row_buffer_bytes = 4 * (one_of(2) ? any(1, 100) : 5000);
    return machine;
  }

  LaunchSize any_size(KernelKind kind, bool sparse) {
    const Rectangle rectangle{any(2, 20), any(1, 12)};
    const auto features = [&] {
      const int height = rectangle.height;
      switch (any(0, 3)) {
        case 0:
          return any(1, height);
        case 1:
          return any(6 * height, 25 * height);
        default:
          return any(1, 5 * height);
      }
    };
    const auto columns = [&] { return one_of(5) ? any(1, rectangle.width) : rectangle.width; };
    const int tokens = columns() * (one_of(4) ? any(30, 60) : any(1, 8)) + any(0, 3);
    return {kind, features(), features(), tokens, rectangle, sparse ? any(1, 19) / 20.0 : 0};
  }

  std::vector<Cycle> any_chunks() {
    std::vector<Cycle> late;
    for (int chunk = any(1, 8); chunk > 0; --chunk)
      late.push_back(one_of(10) ? any(0, 50'000) : one_of(3) ? any(0, 3000) : 0);
    return late;
  }

  std::mt19937 random_;
  const MachineSpec mini_ = load_machine("mini", weft::test::source_path("hw/machines"));
  std::map<std::string, int> seen_;
};

/// For a longer search by hand, e.g. WEFT_SEARCH_SEEDS=58.
unsigned seeds_more() {
  const char* asked = std::getenv("WEFT_SEARCH_SEEDS");
  return asked == nullptr ? 0 : static_cast<unsigned>(std::stoul(asked));
}

}  // namespace

TEST_CASE("small launches of every kernel on any machine: fast-forward changes no number") {
  Search search(1);
  search.look_at_all(240);
  CHECK(search.seen("none: repeats what was simulated") > 300);
  CHECK(search.seen("some columns: one of each kind") > 500);
  CHECK(search.seen("some rounds: the others repeat what was simulated") > 80);
  CHECK(search.seen("all: room downstream ran out, so columns did not stay copies") > 30);
  for (unsigned seed = 2; seed < 2 + seeds_more(); ++seed) Search(seed).look_at_all(100);
}
