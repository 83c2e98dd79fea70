// Question: what does attention ask of a plan? Bytes of SRAM by hand, and wishes that no plan can meet.
#include <catch2/catch.hpp>

#include <map>

#include "hw/spec/machine_file.h"
#include "sw/compiler/planner.h"
#include "sw/compiler/tensor_sram.h"
#include "tests/support/paths.h"
#include "tests/support/training_graphs.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;
using Items = std::map<std::string, Bytes>;

namespace {

hw::MachineSpec mini() { return hw::load_machine("mini", test::source_path("hw/machines")); }

/// Two heads of two features; a norm before attention and a residual around both.
sw::MatchedModel small_attention(int length, bool skips) {
  return sw::matched_model(
      sw::checked({{{"x", 5}, {"labels", 1}},
                   {{"Linear", "in", {"x"}, {"in"}, {{"features", 4}}},
                    {"LayerNorm", "norm", {"in"}, {"norm"}, {{"epsilon", 1e-5}}},
                    {"AttentionScores", "s", {"norm", "norm"}, {"s"}, {{"heads", 2}, {"sequence", length}}},
                    {"AttentionSoftmax",
                     "p",
                     {"s"},
                     {"p"},
                     {{"sequence", length}, {"scale", 0.7}, {"causal", 1}, {"skip_masked", skips}}},
                    {"AttentionValues", "o", {"p", "norm"}, {"o"}, {{"sequence", length}}},
                    {"Add", "sum", {"in", "o"}, {"sum"}},
                    {"Linear", "out", {"sum"}, {"out"}, {{"features", 3}, {"bias", 0}}},
                    {"SoftmaxCrossEntropy", "loss", {"out", "labels"}, {"loss"}}},
                   {"loss"}}));
}

/// Of the fullest PE while it holds most, but for what the launch works with.
Items sram(hw::Rectangle lane, int length, bool skips = false) {
  const sw::MatchedModel model = small_attention(length, skips);
  const std::vector<hw::Launch> launches = sw::train_launches(model, false, static_cast<int>(model.layers.size()));
  Items items;
  for (const sw::SramItem& item : sw::TensorSram(model, launches).fullest(mini(), {lane, 1}, length))
    items[item.name] = item.bytes;
  items.erase("work of the launch");
  return items;
}

void plan(int batch, const sw::PlanWishes& wishes, int heads = 2) {
  sw::PlanWishes of_gpt = wishes;
  of_gpt.sample_tokens = 8;
  sw::make_plan(sw::matched_model(sw::transformer_graph(test::small_gpt(2 * heads, heads))), mini(), batch, 1,
                sw::RetainOutput::automatic, of_gpt);
}

}  // namespace

TEST_CASE("SRAM of attention by hand: one token a PE, the loss needs most") {
  // A row of one token: 4 words of fp16, one of fp32. Rows of features: ceil(5 / 2) and the constant one, 2, 2, 2; a
  // head has one row of PEs and there all three keys.
  CHECK(sram({3, 2}, 3) == Items{{"code and stack", 8192},
                                 {"labels", 2},
                                 {"x", 8 * 4},
                                 {"in", 8 * 2},
                                 {"norm", 8 * 2},
                                 {"p", 8 * 3},
                                 {"sum", 8 * 2},
                                 {"out", 4 * 2},
                                 {"norm.weight", 2 * 2},
                                 {"d.out", 8 * 2}});
}

TEST_CASE("SRAM of attention by hand: twelve tokens a PE, the softmax's backward needs most") {
  // The scores' deltas come as fp32 and leave as fp16; scores themselves, logits and the shift are no longer needed.
  CHECK(sram({1, 2}, 12) == Items{{"code and stack", 8192},
                                  {"labels", 2 * 12},
                                  {"x", 24 * 4},
                                  {"in", 24 * 2},
                                  {"norm", 24 * 2},
                                  {"p", 24 * 12},
                                  {"norm.weight", 2 * 2},
                                  {"d.sum", 24 * 2},
                                  {"d.p", 48 * 12},
                                  {"d.norm.by.o", 24 * 2},
                                  {"d.s", 24 * 12}});
}

TEST_CASE("SRAM by hand: attention's values need most, whose sums stay in fp32 until they are rounded") {
  const sw::MatchedModel model =
      sw::matched_model(sw::checked({{{"x", 400}, {"labels", 1}},
                                     {{"Linear", "in", {"x"}, {"in"}, {{"features", 400}}},
                                      {"AttentionScores", "s", {"in", "x"}, {"s"}, {{"heads", 1}, {"sequence", 4}}},
                                      {"AttentionSoftmax", "p", {"s"}, {"p"}, {{"sequence", 4}, {"scale", 0.7}}},
                                      {"AttentionValues", "o", {"p", "x"}, {"o"}, {{"sequence", 4}}},
                                      {"Linear", "out", {"o"}, {"out"}, {{"features", 1}}},
                                      {"SoftmaxCrossEntropy", "loss", {"out", "labels"}, {"loss"}}},
                                     {"loss"}}));
  const std::vector<hw::Launch> launches = sw::train_launches(model, false, static_cast<int>(model.layers.size()));
  const std::vector<sw::SramItem> items = sw::TensorSram(model, launches).fullest(mini(), {{1, 1}, 1}, 4);
  CHECK(items.back().name == "work of the launch");
  CHECK(items.back().bytes == 4 * 400 * 4 + 2 * 4);  // of four tokens: sums of 400 features, a key's probabilities
}

TEST_CASE("SRAM by hand: deltas of probabilities whose masked ones are skipped stand in windows") {
  // Keys 0 to 11 have 12, 11 and so on to 7 tokens, and then no less than a queue's 6.
  constexpr Bytes stored = 12 + 11 + 10 + 9 + 8 + 7 + 6 * 6;
  const Items items = sram({1, 2}, 12, true);
  CHECK(items.at("d.p") == 4 * stored);
  CHECK(items.at("p") == 24 * 12);
  CHECK(items.at("d.s") == 24 * 12);
}

TEST_CASE("attention that skips beside one that counts on the order of tokens is refused by name") {
  const auto two = [](double first, double second, double queries) {
    const std::map<std::string, double> scores{{"heads", 2}, {"sequence", 8}, {"queries", queries}};
    const auto softmax = [](double skips) {
      return std::map<std::string, double>{{"sequence", 8}, {"scale", 1}, {"causal", 1}, {"skip_masked", skips}};
    };
    std::map<std::string, double> of_first = softmax(first);
    of_first["queries"] = queries;
    return sw::matched_model(
        sw::checked({{{"x", 5}, {"labels", 1}},
                     {{"Linear", "in", {"x"}, {"in"}, {{"features", 4 * queries}}},
                      {"Linear", "keys", {"x"}, {"keys"}, {{"features", 4}}},
                      {"AttentionScores", "s", {"in", "keys"}, {"s"}, scores},
                      {"AttentionSoftmax", "p", {"s"}, {"p"}, of_first},
                      {"AttentionValues", "o", {"p", "keys"}, {"o"}, {{"sequence", 8}, {"queries", queries}}},
                      {"Linear", "down", {"o"}, {"down"}, {{"features", 4}}},
                      {"AttentionScores", "s2", {"down", "keys"}, {"s2"}, {{"heads", 2}, {"sequence", 8}}},
                      {"AttentionSoftmax", "p2", {"s2"}, {"p2"}, softmax(second)},
                      {"AttentionValues", "o2", {"p2", "keys"}, {"o2"}, {{"sequence", 8}}},
                      {"Linear", "out", {"o2"}, {"out"}, {{"features", 3}}},
                      {"SoftmaxCrossEntropy", "loss", {"out", "labels"}, {"loss"}}},
                     {"loss"}}));
  };
  CHECK_NOTHROW(two(1, 1, 1));
  CHECK_NOTHROW(two(0, 0, 2));
  CHECK_THROWS_WITH(two(0, 1, 1), Contains("s: skip_masked of s2"));
  CHECK_THROWS_WITH(two(1, 1, 2), Contains("s: skip_masked of s is for attention without padding and grouped queries"));
}

TEST_CASE("wishes that cut a head or a sequence are refused by name") {
  sw::PlanWishes wishes;
  wishes.features_over = sw::FeaturesOver::columns;
  CHECK_THROWS_WITH(plan(4, wishes), Contains("runconfig.features_over: columns; h0.attention.scores has heads"));
  wishes = {};
  wishes.lanes = 3;
  CHECK_THROWS_WITH(plan(4, wishes), Contains("runconfig.lanes: 3 lanes; 4 sequences") && Contains("allowed: 1, 2, 4"));
  wishes.micro_batch_size.kind = sw::MicroBatch::Kind::none;
  CHECK_THROWS_WITH(plan(4, wishes), Contains("runconfig.lanes: 3 lanes; 4 sequences") && Contains("allowed: 1, 2, 4"));
  wishes.lanes = 4;  // two channels of four rows for each
  CHECK_NOTHROW(plan(4, wishes, 8));
  CHECK_THROWS_WITH(plan(4, wishes, 9), Contains("runconfig.lanes: 4 lanes; the 9 heads of h0.attention.scores need a "
                                                 "row each in every lane; machine mini has room for 2"));
  wishes.lanes = 1;  // a column each at the least
  CHECK_THROWS_WITH(plan(33, wishes), Contains("33 sequences on the wafer at a time") && Contains("32 columns"));
  CHECK_NOTHROW(plan(32, wishes));
  wishes.lanes = 0;
  CHECK_NOTHROW(plan(34, wishes));
  CHECK_THROWS_WITH(plan(4, {}, 33), Contains("33 heads need a row each"));
}
