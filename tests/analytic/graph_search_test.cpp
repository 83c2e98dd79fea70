// Question: do graphs that nobody would draw get the gradients of double-precision arithmetic, whatever their shape and
// the rectangle of PEs? What an operation overwrites, somebody else may read.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <cstdio>
#include <memory>

#include "hw/fabric/head_grid.h"
#include "tests/support/graph_lines.h"
#include "tests/support/graph_training.h"
#include "tests/support/training_graphs.h"

using namespace weft;
using test::GraphTraining;
using test::NoisyPatterns;
using test::TrainingWay;

namespace {

/// A graph, its samples and a rectangle on which it lies.
struct Case {
  sw::OperationGraph graph;
  std::unique_ptr<NoisyPatterns> tokens;
  std::unique_ptr<GraphTraining> training;
};

int pick(std::mt19937& random, int most) { return 1 + static_cast<int>(random() % static_cast<unsigned>(most)); }

/// One of the rectangles that do not cut a head or a sequence, most of them with shares that differ.
hw::Rectangle uncut(const hw::HeadShape& shape, std::mt19937& random) {
  for (;;) {
    const hw::Rectangle lane{pick(random, 24), pick(random, 30)};
    if (hw::HeadGrid::misfit(lane, shape).empty()) return lane;
  }
}

Case random_case(bool attention, std::mt19937& random) {
  test::RandomGraphShape shape;
  shape.features = pick(random, 20);
  shape.classes = 1 + pick(random, 8);
  shape.operations = 2 + pick(random, 10);
  shape.width = pick(random, random() % 4 == 0 ? 31 : 13);
  TrainingWay way;
  way.steps = 1;
  way.rate = 1;
  way.systems = pick(random, 2);
  way.micro_batches = pick(random, 2);
  hw::Mapping mapping{{pick(random, 8), pick(random, 20)}, pick(random, 2)};
  int samples = mapping.lanes + pick(random, 6);  // on the wafer at a time
  if (attention) {
    const int sequences = pick(random, 3);
    shape.heads = pick(random, 4);
    shape.width = shape.heads * pick(random, 7);
    shape.sequence = way.sample_tokens = pick(random, 9);
    samples = sequences * mapping.lanes;
    mapping.lane = uncut({shape.heads, shape.width / shape.heads, sequences, shape.sequence}, random);
    if (mapping.lanes > 1 && mapping.lane.height > 16) mapping.lanes = 1, samples = sequences;
  } else if (random() % 3 == 0) {
    mapping = {mapping.lane, 1, hw::FeatureAxis::columns};
  }
  way.batch = samples * way.systems * way.micro_batches;
  way.mapping = mapping;
  way.cut = {pick(random, 2), pick(random, 2)};
  Case made{test::random_graph(shape, random), std::make_unique<NoisyPatterns>(shape.features, shape.classes), {}};
  made.training = std::make_unique<GraphTraining>(made.graph, *made.tokens, way);
  return made;
}

void search(bool attention, int count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Case> cases;  // all before the first one runs
  for (int number = 0; number < count; ++number) cases.push_back(random_case(attention, random));
  double worst = 0;
  for (std::size_t number = 0; number < cases.size(); ++number) {
    const Case& each = cases[number];
    const hw::Mapping& mapping = each.training->mapping();
    INFO(fmt::format("case {}: {}x{} PEs, {} lanes, batch {} of {}, {} systems, {} micro-batches", number,
                     mapping.lane.width, mapping.lane.height, mapping.lanes, each.training->job().batch,
                     each.training->job().sample_tokens, each.training->job().systems,
                     each.training->job().micro_batches));
    std::string lines;
    for (const std::string& line : test::lines_of(each.graph)) lines += line + "\n";
    INFO(lines);
    for (const test::GradientError& error : test::gradient_errors(*each.training)) {
      INFO(error.name);
      // Where little is left of large parts their rounding is seen.
      CHECK(error.difference < 0.01 * error.norm + 0.003 * error.largest);
      if (!error.is_zero() && error.norm > 0.1 * error.largest) worst = std::max(worst, error.relative());
    }
    const double loss = each.training->reference().loss(each.training->inputs(0));
    CHECK(each.training->loss(0) == Approx(loss).margin(0.002 + 0.002 * loss));
  }
  std::fputs(fmt::format("worst relative error of a gradient that is not small {:.5f}\n", worst).c_str(), stdout);
}

}  // namespace

TEST_CASE("random graphs with attention") { search(true, 150, 1); }
TEST_CASE("random graphs without attention") { search(false, 150, 2); }
