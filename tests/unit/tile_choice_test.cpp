// Question: does model.attention_tile_keys: auto take whole scores where they fit, else the largest tile that does, and
// does it say what it tried where none fits?
#include "sw/compiler/tile_choice.h"

#include <catch2/catch.hpp>
#include <vector>

#include "hw/spec/machine_file.h"
#include "sw/compiler/matched_model.h"
#include "sw/compiler/planner.h"
#include "sw/graph/transformer_graph.h"
#include "tests/support/paths.h"
#include "tests/support/training_graphs.h"

using namespace weft;

namespace {

/// What is tried where tiles of `most` keys fit and columns hold `least` tiles' keys, and what is chosen; -1: nothing.
struct Search {
  std::vector<int> tried;
  int chosen = -1;
  std::string refused;
};

Search search(int length, int most, int least) {
  Search made;
  try {
    made.chosen = sw::largest_tile(length, [&](int keys) {
      made.tried.push_back(keys);
      if (keys > 0 && keys < least) throw UsageError("no key of each column");
      if (keys == 0 ? most <= length : keys > most) throw sw::DoesNotFit("too large", keys == 0 ? length + 1 : keys);
    });
  } catch (const sw::DoesNotFit& none) {
    made.refused = none.what();
  }
  return made;
}

}  // namespace

TEST_CASE("tiles are tried from the largest on, each number of them once") {
  CHECK(search(32, 33, 1).chosen == 0);
  CHECK(search(32, 33, 1).tried == std::vector<int>{0});
  CHECK(search(32, 32, 1).tried == std::vector<int>{0, 32});
  CHECK(search(32, 11, 1).tried == std::vector<int>{0, 32, 16, 11});
  CHECK(search(32, 11, 1).chosen == 11);
  CHECK(search(32, 1, 1).tried == std::vector<int>{0, 32, 16, 11, 8, 7, 6, 5, 4, 3, 2, 1});
  CHECK(search(32, 1, 1).chosen == 1);
  CHECK(search(1, 0, 1).tried == std::vector<int>{0, 1});
}

TEST_CASE("where no tile fits that which needs the least is told") {
  const Search none = search(32, 3, 5);
  CHECK(none.chosen == -1);
  CHECK(none.tried == std::vector<int>{0, 32, 16, 11, 8, 7, 6, 5, 4});
  CHECK(none.refused == "model.attention_tile_keys: auto; tiles of 5 of 32 keys: too large");
}

namespace {

/// Two heads of four features, a sequence of 64 tokens on 4 columns, a head to each of 2 rows.
hw::MachineSpec small_machine(Bytes sram) {
  hw::MachineSpec machine = hw::load_machine("mini", test::source_path("hw/machines"));
  machine.fabric.user_width = 4;
  machine.fabric.user_height = 2;
  machine.pe.sram_bytes = sram;
  return machine;
}

Bytes plan_on(Bytes sram, int keys) {
  sw::TransformerConfig model = test::small_gpt(8, 2);
  model.max_position_embeddings = model.sequence_length = 64;
  model.tile_keys = keys;
  sw::PlanWishes wishes;
  wishes.sample_tokens = 64;
  const sw::Plan plan = sw::make_plan(sw::matched_model(sw::transformer_graph(model)), small_machine(sram), 1, 1,
                                      sw::RetainOutput::automatic, wishes);
  CHECK(plan.mapping.lane.width == 4);
  return sw::total_bytes(plan.sram);
}

int chosen_on(Bytes sram) {
  return sw::largest_tile(64, [sram](int keys) { plan_on(sram, keys); });
}

}  // namespace

TEST_CASE("by hand: the largest tile that fits a small machine, and a byte less takes the next") {
  constexpr Bytes room = 48 << 10;
  // A PE has 16 tokens, and a column 16 keys: 16, 8, 6, 4, 4, 3 in the largest of 1 to 6 tiles. For a key of a tile,
  // four from each column, it has, when P is made again, a row of scores in fp32, rows of P and dS in halves (padded to
  // 20 tokens), and to work with the key's number and 8 B a token: 14 of three rows in fp32 and a mask, of which scores
  // and P are 6.
  constexpr Bytes of_key = 16 * 4 + 2 * (20 * 2) + 16 * (3 * 4 + 2 - 6) + 4;
  const Bytes of_16 = plan_on(room, 16);
  CHECK(plan_on(room, 32) - of_16 == (32 - 16) * of_key);
  CHECK(plan_on(room, 22) - of_16 == (24 - 16) * of_key);
  CHECK(plan_on(room, 13) == of_16);
  CHECK(of_16 - plan_on(room, 11) == (16 - 12) * of_key);
  CHECK(chosen_on(room) == 0);  // whole scores
  CHECK(chosen_on(of_16 + 8 * of_key) == 22);
  CHECK(chosen_on(of_16 + 8 * of_key - 1) == 16);
  CHECK_THROWS_AS(plan_on(of_16 + 8 * of_key - 1, 22), sw::DoesNotFit);
  CHECK(chosen_on(of_16) == 16);
  CHECK(chosen_on(of_16 - 1) == 11);
}
