// Question: are a plan's numbers (SRAM, streams, steps, bounds) those that are worked out by hand for small cases?
#include <catch2/catch.hpp>

#include <map>

#include "hw/spec/machine_file.h"
#include "sw/compiler/plan_search.h"
#include "sw/compiler/planner.h"
#include "sw/compiler/prediction.h"
#include "sw/compiler/sram_map.h"
#include "sw/compiler/step_bounds.h"
#include "sw/compiler/wire_choice.h"
#include "sw/graph/transformer_graph.h"
#include "tests/support/layer_chain.h"
#include "tests/support/paths.h"

using namespace weft;

namespace {

using Items = std::map<std::string, Bytes>;

hw::MachineSpec mini() { return hw::load_machine("mini", test::source_path("hw/machines")); }

Items sram(const std::vector<hw::MatrixLayer>& layers, int tokens, bool train, bool retain, int segment,
           int lanes = 1) {
  Items items;
  const hw::Mapping mapping{{4, 3}, lanes, hw::FeatureAxis::rows};
  for (const sw::SramItem& item : sw::sram_map(layers, mini(), mapping, tokens, train, retain, segment))
    items[item.name] = item.bytes;
  return items;
}

/// Of PEs 4 x 3: 10, 6 and 4 features are at most 4, 2 and 2 of a row.
const std::vector<hw::MatrixLayer> two = {{"fc1", 10, 6, "ReLU", 0}, {"fc2", 6, 4, "", 0}};

hw::MatrixLayer sparse_layer(const std::string& name, int inputs, int outputs, double sparsity) {
  hw::MatrixLayer layer{name, inputs, outputs, "", 0, sparsity};
  if (sparsity == 0) return layer;
  layer.mask = layer.trained =
      std::make_shared<const hw::WeightMask>(hw::WeightMask::random(outputs, inputs, sparsity, 1));
  return layer;
}

/// Whether a bound is so many cycles, or one more: it is rounded up from seconds.
bool bound(const sw::Plan& plan, const std::string& words, double cycles) {
  for (const sw::StepBound& one : plan.bounds)
    if (one.what.find(words) != std::string::npos) {
      INFO(words << ": " << one.cycles);
      CHECK(one.cycles >= cycles);
      CHECK(one.cycles <= cycles + 1);
      return true;
    }
  return false;
}

}  // namespace

TEST_CASE("rows of tokens are padded so that two operands of a vector meet other banks") {
  // Each a multiple of 8 halves and 4.
  for (const auto& [tokens, padded] :
       std::map<int, int>{{1, 4}, {4, 4}, {5, 12}, {12, 12}, {13, 20}, {20, 20}, {21, 28}})
    CHECK(sw::padded_tokens(tokens) == padded);
}

TEST_CASE("SRAM of a small network by hand") {
  // 10 tokens on 4 columns: 3 in a PE, rows of 4 halves (8 bytes).
  CHECK(sram(two, 10, true, false, 2) == Items{{"code and stack", 8192},
                                               {"input of fc1", 5 * 8},  // 4 features and the constant one
                                               {"input of fc2", 3 * 8},
                                               {"logits and exponentials, fp32", 2 * 2 * 4 * 3},
                                               {"labels", 2 * 3},
                                               {"deltas of two layers", (2 + 2) * 8},
                                               // (2 + 2) x 12 + 8 of the loss, less the deltas that nobody needs then
                                               {"accumulators, fp32", 24}});
  // One token in a PE: five sums of fc1's gradient are more than the loss (4 x 4 + 8 - 32).
  CHECK(sram(two, 4, true, false, 2).at("accumulators, fp32") == 5 * 4);
  // 5 in a PE, rows of 12 halves; retained: 2 features x 4 outputs; its delta sums 2 features x 5 tokens.
  const Items retained = sram(two, 20, true, true, 2);
  CHECK(retained.at("retained weights of fc2") == 2 * 4 * 2);
  CHECK(retained.at("deltas of two layers") == 4 * 24);
  CHECK(retained.at("accumulators, fp32") == 2 * 5 * 4);
  CHECK(sram(two, 20, true, false, 2).at("accumulators, fp32") == 20);
  // An evaluation: neither deltas nor weights; the loss's third array has a place of its own.
  const Items eval = sram(two, 10, false, false, 2);
  CHECK(eval.count("deltas of two layers") == 0);
  CHECK(eval.at("accumulators, fp32") == (2 + 2) * 4 * 3 + 8);
}

TEST_CASE("SRAM: lanes share the tokens, the first has the most") {
  CHECK(sram(two, 10, true, false, 2, 2).at("labels") == 2 * 2);  // 5 in a lane, 2 in a PE
  CHECK(sram(two, 9, true, false, 2, 2).at("labels") == 2 * 2);
  CHECK(sram(two, 8, true, false, 2, 2).at("labels") == 2 * 1);
}

TEST_CASE("SRAM: what is computed again stands in one place for the inputs of one segment") {
  // At most 4, 2, 3, 1, 2 features of a row; 8 bytes each.
  const std::vector<hw::MatrixLayer> layers = {{"fc1", 10, 6, "ReLU", 0},
                                               {"fc2", 6, 9, "ReLU", 0},
                                               {"fc3", 9, 3, "ReLU", 0},
                                               {"fc4", 3, 5, "ReLU", 0},
                                               {"fc5", 5, 4, "", 0}};
  const Items all = sram(layers, 10, true, false, 5), pairs = sram(layers, 10, true, false, 2),
              threes = sram(layers, 10, true, false, 3);
  CHECK(all.count("other inputs of one segment") == 0);
  for (const auto& [name, bytes] : Items{{"fc1", 40}, {"fc2", 24}, {"fc3", 32}, {"fc4", 16}, {"fc5", 24}})
    CHECK(all.at("input of " + name) == bytes);
  CHECK((pairs.count("input of fc2") == 0 && pairs.count("input of fc4") == 0));
  CHECK((pairs.at("input of fc3") == 32 && pairs.at("input of fc5") == 24));
  CHECK(pairs.at("other inputs of one segment") == 24);        // fc2; fc4 is smaller
  CHECK(threes.at("other inputs of one segment") == 24 + 32);  // fc2 and fc3; fc5 is smaller
  CHECK((threes.at("input of fc1") == 40 && threes.at("input of fc4") == 16));
}

TEST_CASE("SRAM: a sparse layer's list holds an index for each input of a row, in training") {
  const std::vector<hw::MatrixLayer> layers = {sparse_layer("fc1", 10, 6, 0.5), sparse_layer("fc2", 6, 4, 0.5)};
  CHECK(sram(layers, 10, true, false, 2).at("list of kept inputs") == 2 * 5);
  CHECK(sram(layers, 10, false, false, 2).count("list of kept inputs") == 0);
  CHECK(sram(two, 10, true, false, 2).count("list of kept inputs") == 0);
}

TEST_CASE("Ethernet cycles of a stream by hand") {
  hw::MachineSpec machine = mini();
  machine.clock.mega_hertz = 1000;
  machine.io.ethernet_links = 2;
  machine.io.ethernet_gbps = 8;  // 16 bits a cycle
  const auto stream = [&](const hw::MatrixLayer& layer, hw::KernelKind kind) {
    return sw::predict_stream(machine, {layer}, {kind, 0});
  };
  const hw::MatrixLayer dense{"fc", 30, 10, "", 0};
  CHECK(stream(dense, hw::KernelKind::matmul_forward) == 310);
  CHECK(stream(dense, hw::KernelKind::matmul_gradient) == 620);
  CHECK(stream(dense, hw::KernelKind::softmax_loss) == 0);
  CHECK(stream(dense, hw::KernelKind::retained_delta) == 0);
  hw::MatrixLayer sparse = dense;
  sparse.sparsity = 0.75;  // 75 weights and 10 biases, an index with each
  CHECK(stream(sparse, hw::KernelKind::matmul_forward) == 170);
  CHECK(stream(sparse, hw::KernelKind::matmul_gradient) == 170);
  const hw::GradientWire half(HalfFormat::bf16);
  CHECK(sw::predict_stream(machine, {dense}, {hw::KernelKind::matmul_gradient, 0}, half) == 310);
  CHECK(sw::predict_stream(machine, {sparse}, {hw::KernelKind::matmul_gradient, 0}, half) == 85);
  CHECK(sw::predict_stream(machine, {sparse}, {hw::KernelKind::matmul_forward, 0}, half) == 170);
  machine.io.ethernet_gbps = 3;
  CHECK(stream(dense, hw::KernelKind::matmul_forward) == 827);  // 310 x 16 / 6 = 826.7
}

TEST_CASE("a step is its launches one after the other, each as long as wafer or Ethernet takes, and a sweep") {
  for (const double gbps : {0.1, 1.0, 100.0})
    for (const int micro_batch : {4, 12}) {
      hw::MachineSpec machine = mini();
      machine.io.ethernet_gbps = gbps;
      sw::PlanWishes wishes;
      wishes.micro_batch_size = {sw::MicroBatch::Kind::samples, micro_batch};
      wishes.lanes = 1;
      wishes.features_over = sw::FeaturesOver::rows;
      const sw::Plan plan = sw::make_plan(weft::test::layer_chain(two), machine, 12, 1, sw::RetainOutput::no, wishes);
      REQUIRE(plan.train.size() == 9);
      const Cycle gap = 2 * (plan.mapping.lane.width + plan.mapping.lane.height) + 4;
      Cycle step = 0, streams = 0;
      for (const sw::PlannedLaunch& launch : plan.train) {
        step += std::max(launch.predicted, launch.stream) + gap;
        streams += launch.stream;
      }
      CHECK(plan.predicted_step == step * 12 / micro_batch);
      if (gbps < 1) CHECK(plan.predicted_step > streams * 12 / micro_batch);
    }
}

TEST_CASE("bounds off the wafer by hand: each parameter is updated once, of a table that two layers stream as well") {
  hw::MachineSpec machine = mini();
  machine.clock.mega_hertz = 1000;
  machine.memoryx.weight_servers = 2;
  machine.memoryx.dram = {1 << 30, 1e6, 0};
  machine.memoryx.update_params_per_s = 1e6;
  sw::TransformerConfig model;
  model.vocab_size = 50;
  model.max_position_embeddings = model.sequence_length = model.hidden_size = 8;
  model.num_hidden_layers = 1;
  model.num_heads = model.num_kv_heads = 2;
  model.filter_size = 16;
  sw::PlanWishes wishes;
  wishes.sample_tokens = 8;
  // A table of words and one of positions; two norms and the last; four matrices of attention; the feed-forward.
  const int once = 50 * 8 + 8 * 8 + 3 * 2 * 8 + 4 * 9 * 8 + 9 * 16 + 17 * 8;
  for (const bool tied : {false, true}) {
    model.tied = tied;
    const sw::MatchedModel matched = sw::matched_model(sw::transformer_graph(model));
    sw::Plan plan = sw::make_plan(matched, machine, 16, 1, sw::RetainOutput::no, wishes);
    sw::bound_step(plan, matched.layers, machine, {});
    // Each is one chunk, and so on the first of the servers.
    CHECK(bound(plan, "gradients summed", 1000.0 * (once + (tied ? 0 : 50 * 8))));
  }
}

TEST_CASE("bounds off the wafer by hand: readers, and the sums that micro-batches need") {
  hw::MachineSpec machine = mini();
  machine.clock.mega_hertz = 1000;
  machine.memoryx.weight_servers = 2;
  machine.memoryx.dram = {1 << 30, 1, 0};  // a byte a nanosecond and server
  machine.memoryx.transpose_gigabytes_per_s = 0.5;
  machine.memoryx.update_params_per_s = 1e15;
  sw::PlanWishes wishes;
  for (const int micro_batches : {1, 3}) {
    wishes.micro_batch_size = {sw::MicroBatch::Kind::samples, 12 / micro_batches};
    sw::Plan plan = sw::make_plan(weft::test::layer_chain(two), machine, 12, 1, sw::RetainOutput::no, wishes);
    sw::bound_step(plan, two, machine, {});
    // 66 and 28 parameters: both forward at 4 bytes, fc2's 24 weights again, turned, at half the speed; each is one
    // chunk, and so on the first server.
    CHECK(bound(plan, "weights read", micro_batches * (264 + 112 + 2 * 96)));
    // 94 parameters, 4 bytes: the weight read and written; and the sums: the first written, the others read and
    // written, all read.
    CHECK(bound(plan, "gradients summed", 94 * 4 * (micro_batches == 1 ? 2 : 5 + 2 + 1)));
    sw::Plan adam = plan;
    hw::OptimizerSpec optimizer;
    optimizer.kind = hw::OptimizerKind::adam;
    sw::bound_step(adam, two, machine, {optimizer});
    CHECK(bound(adam, "gradients summed", 94 * 4 * (micro_batches == 1 ? 6 : 5 + 6 + 1)));
    CHECK(bound(plan, "samples made", 6000));            // 12 samples at 2 M/s
    CHECK(bound(plan, "samples on their link", 23.04));  // 12 x 24 bytes at 12.5 GB/s
  }
}

TEST_CASE("bounds off the wafer by hand: chunks over servers and links, the fullest binds") {
  hw::MachineSpec machine = mini();
  machine.clock.mega_hertz = 1000;
  machine.io.ethernet_gbps = 1;  // a byte in 8 ns
  machine.memoryx.weight_servers = 2;
  machine.memoryx.chunk_bytes = 88;
  machine.memoryx.dram = {1 << 30, 1, 0};
  machine.memoryx.transpose_gigabytes_per_s = 0.5;
  machine.memoryx.update_params_per_s = 1e15;
  sw::Plan plan = sw::make_plan(weft::test::layer_chain(two), machine, 12, 1, sw::RetainOutput::no, {});
  REQUIRE(plan.micro_batches == 1);
  // fc1's rounds of 11 weights: forward chunks of 4 and 2 rounds, gradient of 2, 2 and 2. fc2's of 7: forward one chunk
  // of 28, turned one of 24, gradient of 21 and 7.
  sw::bound_step(plan, two, machine, {});
  CHECK(bound(plan, "weights read", 4 * (44 + 28 + 2 * 24)));
  CHECK(bound(plan, "gradients summed", 2 * 4 * (44 + 21)));
  CHECK(bound(plan, "weights on Ethernet", 8 * 2 * (44 + 28 + 24)));
  CHECK(bound(plan, "gradients on Ethernet", 8 * 4 * (44 + 21)));
  // DRAM of half of server 0's state, three words of 65 parameters with Adam; flash of a quarter of its speed.
  machine.memoryx.dram.capacity_bytes = 65 * 4 * 3 / 2;
  machine.memoryx.flash = {1 << 30, 0.25, 0};
  hw::OptimizerSpec adam;
  adam.kind = hw::OptimizerKind::adam;
  sw::bound_step(plan, two, machine, {adam});
  CHECK(bound(plan, "gradients summed", 6 * 4 * 65 * 2.5));
  // Whole tensors: fc1 on server 0, fc2 on server 1.
  machine.memoryx.dram.capacity_bytes = 1 << 30;
  sw::Surroundings whole;
  whole.whole_tensor_placement = true;
  sw::bound_step(plan, two, machine, whole);
  CHECK(bound(plan, "weights read", 4 * (28 + 2 * 24)));
  CHECK(bound(plan, "gradients summed", 2 * 4 * 66));
  CHECK(bound(plan, "weights on Ethernet", 8 * 2 * 66));
  CHECK(bound(plan, "gradients on Ethernet", 8 * 4 * 66));
}

TEST_CASE("bounds off the wafer by hand: a sparse gradient's indices are read, too") {
  hw::MachineSpec machine = mini();
  machine.clock.mega_hertz = 1000;
  machine.memoryx.weight_servers = 2;
  machine.memoryx.dram = {1 << 30, 1, 0};
  machine.memoryx.transpose_gigabytes_per_s = 1000;
  const std::vector<hw::MatrixLayer> layers = {sparse_layer("fc1", 10, 6, 0.5), sparse_layer("fc2", 6, 4, 0.5)};
  sw::Plan plan = sw::make_plan(weft::test::layer_chain(layers), machine, 12, 1, sw::RetainOutput::no, {});
  REQUIRE(plan.micro_batches == 1);
  sw::bound_step(plan, layers, machine, {});
  const double first = static_cast<double>(layers[0].kept_parameters()),
               second = static_cast<double>(layers[1].kept_parameters());
  // Of each parameter 4 bytes forward, 2 for its gradient; of the second layer's weights, without its 4 biases, 4 for
  // its delta; each is one chunk, and so on the first server.
  CHECK(bound(plan, "weights read", 6 * first + 6 * second + 4 * (second - 4)));
}

TEST_CASE("zeros travel where the step is shorter with them, or as it is asked for") {
  hw::MachineSpec machine = mini();
  machine.io.ethernet_gbps = 0.1;  // Ethernet binds: 32 bits of a kept weight, 16 of any; a gradient has 32 either way
  const auto travel = [&](double zeros, sw::SparseWire wire) {
    sw::PlanWishes wishes;
    wishes.sparse_wire = wire;
    sw::MatchedModel model =
        weft::test::layer_chain({sparse_layer("fc1", 40, 30, zeros), sparse_layer("fc2", 30, 20, 0)});
    const auto trained = model.layers[0].trained;
    sw::plan_with_wire(model, machine, 12, sw::RetainOutput::no, wishes, {});
    CHECK(model.layers[0].trained == trained);
    CHECK(model.layers[0].sparse() == (model.layers[0].mask != nullptr));
    CHECK_FALSE(model.layers[1].zeros_travel());
    return model.layers[0].zeros_travel();
  };
  CHECK(travel(0.05, sw::SparseWire::automatic));
  CHECK_FALSE(travel(0.6, sw::SparseWire::automatic));
  CHECK(travel(0.6, sw::SparseWire::dense));
  CHECK_FALSE(travel(0.05, sw::SparseWire::sparse));

  // Each layer as it is best for that one: few zeros travel, many do not.
  sw::MatchedModel mixed =
      weft::test::layer_chain({sparse_layer("fc1", 40, 30, 0.05), sparse_layer("fc2", 30, 20, 0.9)});
  sw::plan_with_wire(mixed, machine, 12, sw::RetainOutput::no, {}, {});
  CHECK(mixed.layers[0].zeros_travel());
  CHECK_FALSE(mixed.layers[1].zeros_travel());
}

TEST_CASE("the least that a step can take: products of the fullest PE, by hand, only of the launches that there are") {
  hw::MachineSpec machine;
  machine.pe.lanes.fmac_mixed = 2;
  machine.pe.vector_issue_cycles = 3;
  std::vector<hw::MatrixLayer> layers = {{"fc1", 7, 5, "", 0}};
  const hw::Mapping mapping{{3, 2}};
  // 8 tokens on 3 columns: 3 in the fullest; of 7 inputs and 5 outputs on 2 rows: 4 and 3.
  const Cycle forward = 5 * 4 * (3 + 2), delta = 7 * 3 * (3 + 2), gradient = 5 * 3 * (3 + 2);
  const auto least = [&](const std::vector<hw::Launch>& launches) {
    return sw::LeastStep(layers, machine, launches).of(mapping, 8);
  };
  const hw::Launch one{hw::KernelKind::matmul_forward, 0}, two{hw::KernelKind::matmul_delta, 0},
      three{hw::KernelKind::matmul_gradient, 0};
  CHECK(least({one}) == forward);
  CHECK(least({two}) == delta);
  CHECK(least({three}) == gradient);
  CHECK(least({one, two, three, one}) == 2 * forward + delta + gradient);
  layers[0].sparsity = 0.5;
  CHECK(least({one, three}) == forward / 2 + 5 * 3 * 3 + 5 * 3 * 2 / 2);
}
