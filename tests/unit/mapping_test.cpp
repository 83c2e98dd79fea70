// Question: do plans and edges keep to the machine's rows, columns and channels, at N and not at N + 1?
#include <catch2/catch.hpp>

#include "hw/fabric/mapping.h"
#include "hw/spec/machine_file.h"
#include "sw/compiler/attention_fit.h"
#include "sw/compiler/planner.h"
#include "sw/graph/transformer_graph.h"
#include "tests/support/layer_chain.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

namespace weft::hw {
namespace {

/// 40 columns, 50 rows, a channel per 8 rows.
MachineSpec machine_of_40_by_50() {
  MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  machine.fabric = {40, 50, 40, 50};
  machine.io.rows_per_channel = 8;
  return machine;
}

}  // namespace

TEST_CASE("a lane begins with a channel of its own, the last one ends with its last row") {
  const MachineSpec machine = machine_of_40_by_50();
  CHECK(lane_pitch(machine, {{40, 9}, 2}) == 16);
  CHECK(on_wafer(machine, {{40, 9}, 3}).height == 41);
  CHECK(fits(machine, {{40, 18}, 2}));
  CHECK(fits(machine, {{40, 2}, 7}));
  CHECK_FALSE(fits(machine, {{40, 3}, 7}));
  CHECK_FALSE(fits(machine, {{41, 2}, 1}));
  CHECK_FALSE(fits(machine, {{40, 2}, 0}));
}

TEST_CASE("features over columns leave a row at each end for their words, and have one lane") {
  const MachineSpec machine = machine_of_40_by_50();
  CHECK(fits(machine, {{48, 40}, 1, FeatureAxis::columns}));
  CHECK_FALSE(fits(machine, {{49, 40}, 1, FeatureAxis::columns}));
  CHECK_FALSE(fits(machine, {{48, 41}, 1, FeatureAxis::columns}));
  CHECK_FALSE(fits(machine, {{10, 10}, 2, FeatureAxis::columns}));
}

TEST_CASE("ways between channels and lines") {
  const MachineSpec machine = machine_of_40_by_50();
  const EdgeLayout rows(machine, {{40, 20}});
  CHECK(rows.channels(20) == 3);
  CHECK(rows.opens_channel(8));
  CHECK_FALSE(rows.opens_channel(9));
  CHECK(rows.way_in(7) == 7);
  CHECK(rows.way_in(8) == 0);
  CHECK(rows.way_out(15) == 7);
  // 18 rows over the PEs and 18 below: two channels of 10 columns each; the second one's band row is 8 further out.
  const EdgeLayout columns(machine, {{14, 20}, 1, FeatureAxis::columns});
  CHECK(columns.lines_per_channel() == 10);
  CHECK(columns.way_in(0) == 1);
  CHECK(columns.way_in(9) == 10);
  CHECK(columns.way_in(10) == 10 + 1 + 8);
  CHECK(columns.way_out(19) == 1 + 8);
  CHECK(columns.way_out(0) == 19 + 1);
}

TEST_CASE("tokens go to lanes in equal shares, the first lanes take what is left") {
  const Mapping mapping{{40, 2}, 5};
  int next = 0;
  for (int lane = 0; lane < 5; ++lane) {
    CHECK(mapping.lane_first_token(32, lane) == next);
    CHECK(mapping.lane_tokens(32, lane) == (lane < 2 ? 7 : 6));
    next += mapping.lane_tokens(32, lane);
  }
  CHECK(next == 32);
}

TEST_CASE("the planner takes lanes where one lane would leave rows without work") {
  // One lane gives work to 24 of the 50 rows.
  const std::vector<MatrixLayer> layers{{"fc1", 24, 24, "ReLU", 0}, {"fc2", 24, 24, "", 0}};
  const MachineSpec machine = machine_of_40_by_50();
  const sw::Plan plan = sw::make_plan(weft::test::layer_chain(layers), machine, 4000, 1);
  CHECK(plan.mapping.lanes > 1);
  sw::PlanWishes one;
  one.lanes = 1;
  one.features_over = sw::FeaturesOver::rows;
  const sw::Plan single =
      sw::make_plan(weft::test::layer_chain(layers), machine, 4000, 1, sw::RetainOutput::automatic, one);
  CHECK(single.mapping.lanes == 1);
  CHECK(single.predicted_step > plan.predicted_step);
  one.lanes = 8;
  CHECK_THROWS_WITH(sw::make_plan(weft::test::layer_chain(layers), machine, 4000, 1, sw::RetainOutput::automatic, one),
                    Catch::Contains("allowed: 1 to 7"));
}

TEST_CASE("with rotary positions each row of a plan holds whole pairs of features") {
  sw::TransformerConfig llama;
  llama.vocab_size = 24;
  llama.max_position_embeddings = llama.sequence_length = 8;
  llama.hidden_size = llama.filter_size = 24;
  llama.num_hidden_layers = 1;
  llama.num_heads = 4;
  sw::TransformerConfig gpt = llama;
  llama.positions = sw::Positions::rotary;
  llama.rotary.base = 1e4;
  llama.nonlinearity = "SwiGLU";
  const sw::MatchedModel model = sw::matched_model(sw::transformer_graph(llama));
  const auto fits = [&](int rows, const sw::MatchedModel& of) {
    return sw::attention_fits(of, {{16, rows}, 1, FeatureAxis::rows}, 16);
  };
  CHECK(fits(12, model));        // two features on each row
  CHECK(fits(4, model));         // six
  CHECK_FALSE(fits(8, model));   // three
  CHECK_FALSE(fits(24, model));  // one
  const sw::MatchedModel learned = sw::matched_model(sw::transformer_graph(gpt));
  CHECK(fits(8, learned));
  CHECK(fits(24, learned));
  sw::PlanWishes wishes;
  wishes.sample_tokens = 8;
  const sw::Plan plan = sw::make_plan(model, machine_of_40_by_50(), 4, 1, sw::RetainOutput::automatic, wishes);
  CHECK((plan.mapping.lane.height == 12 || plan.mapping.lane.height == 4));
}

}  // namespace weft::hw
