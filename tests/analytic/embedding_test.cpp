// Question: does a table whose rows tokens name by their ids train to the bits of a product of columns that are one in
// one place? And do rows that no token names stay as they are?
#include <catch2/catch.hpp>

#include "tests/support/graph_training.h"
#include "tlm/base/split_mix.h"

using namespace weft;
using test::GraphTraining;
using test::TrainingWay;

namespace {

constexpr int ids = 23, width = 9, classes = 5;

/// Ids that repeat, others that none has: ids 3 and 17.
int id_of(std::int64_t token) {
  const int drawn = static_cast<int>(split_mix(static_cast<std::uint64_t>(token / 2 + 1) * split_mix_gamma) % ids);
  return drawn == 3 || drawn == 17 ? 4 : drawn;
}

class Ids final : public test::TrainingTokens {
 public:
  int features() const override { return 1; }
  double value(std::int64_t token, int) const override { return id_of(token); }
  int label(std::int64_t token) const override { return id_of(token) % classes; }
};

class Columns final : public test::TrainingTokens {
 public:
  int features() const override { return ids; }
  double value(std::int64_t token, int feature) const override { return id_of(token) == feature ? 1 : 0; }
  int label(std::int64_t token) const override { return id_of(token) % classes; }
};

sw::OperationGraph graph_of(bool table) {
  sw::Operation first{"Linear", "first", {"samples"}, {"first"}, {{"features", width}, {"bias", 0}}};
  if (table) first = {"Embedding", "first", {"samples"}, {"first"}, {{"ids", ids}, {"features", width}}};
  return sw::checked({{{"samples", table ? 1 : ids}, {"labels", 1}},
                      {first,
                       {"LayerNorm", "norm", {"first"}, {"norm"}, {{"epsilon", 1e-5}}},
                       {"Linear", "out", {"norm"}, {"out"}, {{"features", classes}}},
                       {"SoftmaxCrossEntropy", "loss", {"out", "labels"}, {"loss"}}},
                      {"loss"}});
}

/// [columns][rows] of [rows][columns].
std::vector<float> turned(const std::vector<float>& values, std::size_t rows, std::size_t columns) {
  std::vector<float> to(values.size());
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column) to[column * rows + row] = values[row * columns + column];
  return to;
}

struct Both {
  explicit Both(TrainingWay way) {
    by_id.emplace(graph_of(true), tokens, way);
    const std::vector<float> table = by_id->state().layers[0].tensors[0].values;
    way.start = [table](hw::TrainingState& state) { state.layers[0].tensors[0].values = turned(table, ids, width); };
    by_column.emplace(graph_of(false), columns, way);
    start = table;
    by_id->run();
    by_column->run();
  }

  Ids tokens;
  Columns columns;
  std::optional<GraphTraining> by_id, by_column;
  std::vector<float> start;
};

void check_same(TrainingWay way) {
  Both both(std::move(way));
  REQUIRE(both.by_id->results().size() == both.by_column->results().size());
  for (std::size_t step = 0; step < both.by_id->results().size(); ++step)
    CHECK(both.by_id->results()[step].loss_sum == both.by_column->results()[step].loss_sum);
  const hw::TrainingState table = both.by_id->state(), product = both.by_column->state();
  CHECK(table.layers[0].tensors[0].values == turned(product.layers[0].tensors[0].values, width, ids));
  CHECK(table.layers[2].tensors[0].values == product.layers[2].tensors[0].values);
  CHECK(table.layers[0].tensors[0].values != both.start);
}

TrainingWay way_of(hw::Rectangle lane, int lanes = 1) {
  TrainingWay way;
  way.batch = 24;
  way.steps = 5;
  way.mapping = hw::Mapping{lane, lanes};
  return way;
}

}  // namespace

TEST_CASE("a table trains to the bits of a product of columns that are one in one place") {
  check_same(way_of({5, 7}));
}
TEST_CASE("the same on one PE") { check_same(way_of({1, 1})); }
TEST_CASE("the same on more rows than ids, a token a column") { check_same(way_of({24, 30})); }
TEST_CASE("the same on two systems, two lanes, in two micro-batches, by Adam") {
  TrainingWay way = way_of({3, 4}, 2);
  way.systems = 2;
  way.micro_batches = 2;
  way.optimizer = hw::OptimizerKind::adam;
  way.rate = 0.01;
  check_same(way);
}
TEST_CASE("the same on a wafer that is cut, two threads") {
  TrainingWay way = way_of({5, 7});
  way.cut = {2, 3};
  way.threads = 2;
  check_same(way);
}

TEST_CASE("the rows of ids that no token has stay as they were") {
  TrainingWay way = way_of({5, 7});
  Ids tokens;
  GraphTraining training(graph_of(true), tokens, way);
  const std::vector<float> before = training.state().layers[0].tensors[0].values;
  training.run();
  const std::vector<float> after = training.state().layers[0].tensors[0].values;
  for (int id = 0; id < ids; ++id) {
    const auto row = [id](const std::vector<float>& table) {
      return std::vector<float>(table.begin() + id * width, table.begin() + (id + 1) * width);
    };
    INFO(id);
    CHECK((row(before) == row(after)) == (id == 3 || id == 17));
  }
}
