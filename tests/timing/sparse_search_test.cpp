// Question: how far from the PE model can the recurrences of a sparse product end, of any that sums halves, and of any
// between deep queues? Not of random launches alone: it looks where lists, deltas and sums meet most, and from every
// launch that is off goes on towards worse ones.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::sw;

namespace {

struct Outcome {
  Cycle off, end;
  double share() const { return static_cast<double>(off) / static_cast<double>(end); }
};

/// `wrong`: counts results that are not the plain loops'.
Outcome play(const hw::MachineSpec& machine, const CrossCase& c, int& wrong) {
  const PreparedCase prepared = prepare(machine, c);
  const hw::ArrayRun run = hw::run_array(machine, prepared.setup->array, {});
  wrong += prepared.setup->results(run) != prepared.launch.results;
  return {std::abs(*prepared.recurrence - run.end), run.end};
}

/// What is looked for.
struct Hunt {
  std::vector<hw::KernelKind> kinds;
  bool half_sums = false;
  bool dense_as_well = false;
};

class Search {
 public:
  Search(std::uint32_t seed, Hunt hunt) : random_(seed), hunt_(std::move(hunt)) {}

  /// Few tokens a column, lists longer and shorter than the queues.
  CrossCase drawn(int widest, int most_zeros) {
    CrossCase c;
    c.kind = hunt_.kinds[static_cast<std::size_t>(any(0, static_cast<int>(hunt_.kinds.size()) - 1))];
    c.half_sums = hunt_.half_sums;
    c.rectangle = {any(widest / 3, widest), any(1, 8)};
    c.tokens = std::max(1, c.rectangle.width * any(1, 3) - (any(0, 2) == 0 ? any(0, c.rectangle.width - 1) : 0));
    if (c.kind != hw::KernelKind::matmul_gradient || hunt_.half_sums) {
      // A column's returned sums reach its own round where they are a queue's or two.
      c.rectangle.width = any(1, std::max(1, widest / 3));
      c.tokens = any(1, 16 * c.rectangle.width);
    }
    c.inputs = c.rectangle.height * any(1, 16) + any(0, c.rectangle.height - 1);
    c.outputs = any(2, 24);
    c.zeros = hunt_.dense_as_well && any(0, 1) == 0 ? 0 : any(1, most_zeros);
    c.stalls = any(0, 2) == 0 ? Stalls::rounds : Stalls::none;
    c.seed = static_cast<std::uint32_t>(random_());
    return c;
  }

  /// One of its numbers is another.
  CrossCase changed(CrossCase c) {
    const auto moved = [this](int value, int by) { return std::max(1, value + any(-by, by)); };
    switch (any(0, 6)) {
      case 0:
        c.inputs = moved(c.inputs, c.rectangle.height);
        break;
      case 1:
        c.outputs = moved(c.outputs, 4);
        break;
      case 2:
        c.tokens = moved(c.tokens, c.rectangle.width / 2 + 1);
        break;
      case 3:
        c.rectangle.width = moved(c.rectangle.width, 3);
        break;
      case 4:
        c.rectangle.height = moved(c.rectangle.height, 1);
        break;
      case 5:
        if (c.zeros > 0) c.zeros = std::min(95, moved(c.zeros, 4));
        break;
      default:
        c.seed = static_cast<std::uint32_t>(random_());
    }
    return c;
  }

 private:
  int any(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }
  std::mt19937 random_;
  Hunt hunt_;
};

struct Field {
  int launches, widest, most_zeros;
};

/// Checks that all launches end in the PE model's cycle with the plain loops' bits.
void search(const hw::MachineSpec& machine, const std::vector<Field>& fields, const Hunt& hunt) {
  int played = 0, equal = 0, wrong = 0;
  for (const Field& field : fields) {
    Search search(static_cast<std::uint32_t>(field.widest * 100 + field.most_zeros), hunt);
    CrossCase worst;
    Outcome most{0, 1};
    for (int launch = 0; launch < field.launches; ++launch) {
      const CrossCase c =
          most.off > 0 && launch % 2 == 1 ? search.changed(worst) : search.drawn(field.widest, field.most_zeros);
      const Outcome outcome = play(machine, c, wrong);
      ++played;
      equal += outcome.off == 0 ? 1 : 0;
      if (outcome.share() <= most.share()) continue;
      worst = c;
      most = outcome;
    }
    INFO(fmt::format("{}: off by {} of {}", to_string(worst), most.off, most.end));
    CHECK(most.off == 0);
  }
  INFO(equal << " of " << played << " in the same cycle");
  CHECK(equal == played);
  CHECK(wrong == 0);
}

hw::MachineSpec mini() { return hw::load_machine("mini", weft::test::source_path("hw/machines")); }

/// `standard`, or what the environment says.
int launches_of(const char* variable, int standard) {
  const char* more = std::getenv(variable);
  return more ? std::atoi(more) : standard;
}

using hw::KernelKind;

}  // namespace

TEST_CASE("every sparse gradient that a search finds ends in the PE model's cycle") {
  search(mini(), {{1500, 9, 95}, {500, 9, 20}, {120, 24, 20}}, {{KernelKind::matmul_gradient}});
}

TEST_CASE("every sparse forward or delta that a search finds ends in the PE model's cycle") {
  const int launches = launches_of("WEFT_SPARSE_SEARCH_LAUNCHES", 1500);
  search(mini(), {{launches, 9, 99}, {launches / 3, 9, 60}, {launches / 10, 24, 95}},
         {{KernelKind::matmul_forward, KernelKind::matmul_delta}});
}

TEST_CASE("every product between queues that outlast the way of a sum ends in the PE model's cycle") {
  hw::MachineSpec machine = mini();
  machine.router.ramp_cycles = 1;
  machine.router.input_queue = 9;
  Hunt hunt{{KernelKind::matmul_forward, KernelKind::matmul_delta}};
  hunt.dense_as_well = true;
  search(machine, {{600, 9, 95}}, hunt);
}

TEST_CASE("every dense or sparse product that sums halves and that a search finds ends in the PE model's cycle") {
  const int launches = launches_of("WEFT_HALF_SUMS_LAUNCHES", 400);
  Hunt hunt{{KernelKind::matmul_gradient, KernelKind::matmul_forward, KernelKind::matmul_delta}};
  hunt.half_sums = hunt.dense_as_well = true;
  search(mini(), {{launches, 9, 95}, {launches / 2, 9, 20}, {launches / 4, 24, 20}}, hunt);
}
