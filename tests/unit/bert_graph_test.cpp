// Question: does a model file in BERT's style become the graph that its keys say, and is what cannot be trained refused
// by name?
#include <algorithm>
#include <catch2/catch.hpp>

#include "sw/graph/model_file.h"
#include "sw/graph/network_graph.h"
#include "sw/graph/transformer_graph.h"
#include "tests/support/graph_lines.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;
using Lines = std::vector<std::string>;

namespace {

constexpr const char* base = R"(
train_input: {data_processor: text, max_sequence_length: 128, batch_size: 8}
model:
  model_name: bert
  vocab_size: 30522
  max_position_embeddings: 512
  hidden_size: 768
  num_hidden_layers: 12
  num_heads: 12
  filter_size: 3072
  encoder_nonlinearity: gelu
  pooler_nonlinearity: tanh
  share_embedding_weights: false
  disable_nsp: true
  mlm_loss_weight: 0.058
  mlm_loss_scaling: num_masked
optimizer: {optimizer_type: adamw, learning_rate: 0.001}
runconfig: {max_steps: 20}
)";

sw::ModelConfig config(const std::vector<std::string>& flags = {}) {
  return sw::parse_model(base, "base.yaml", flags).config;
}

Lines lines(const std::vector<std::string>& flags) {
  std::vector<std::string> all{"model.num_hidden_layers=1"};
  all.insert(all.end(), flags.begin(), flags.end());
  return test::lines_of(sw::network_graph(config(all).model));
}

}  // namespace

TEST_CASE("BERT's norms stand behind what is added, its head has a matrix, a function and a norm of its own") {
  const Lines block{"h0.q: ln_embedding -> h0.q",
                    "h0.k: ln_embedding -> h0.k",
                    "h0.v: ln_embedding -> h0.v",
                    "h0.attention.scores: h0.q h0.k -> h0.attention.scores",
                    "h0.attention.softmax: h0.attention.scores -> h0.attention.softmax",
                    "h0.attention: h0.attention.softmax h0.v -> h0.attention",
                    "h0.proj: h0.attention -> h0.proj",
                    "h0.add_1: ln_embedding h0.proj -> h0.add_1",
                    "h0.ln_1: h0.add_1 -> h0.ln_1",
                    "h0.fc1: h0.ln_1 -> h0.fc1",
                    "h0.fc1.gelu: h0.fc1 -> h0.fc1.gelu",
                    "h0.fc2: h0.fc1.gelu -> h0.fc2",
                    "h0.add_2: h0.ln_1 h0.fc2 -> h0.add_2",
                    "h0.ln_2: h0.add_2 -> h0.ln_2"};
  const Lines head{"mlm.gelu: mlm -> mlm.gelu", "ln_mlm: mlm.gelu -> ln_mlm", "lm_head: ln_mlm -> lm_head",
                   "loss: lm_head labels -> loss"};
  Lines expected{"embedding: samples -> embedding", "positions: samples -> positions",
                 "embedded: embedding positions -> embedded", "ln_embedding: embedded -> ln_embedding"};
  expected.insert(expected.end(), block.begin(), block.end());
  expected.emplace_back("mlm: h0.ln_2 -> mlm");
  expected.insert(expected.end(), head.begin(), head.end());
  CHECK(lines({}) == expected);
  const Lines first =
      lines({"model.norm_first=true", "model.embedding_layer_norm=false", "model.mlm_nonlinearity=relu"});
  CHECK(std::count(first.begin(), first.end(), "h0.add_1: embedded h0.proj -> h0.add_1") == 1);
  CHECK(std::count(first.begin(), first.end(), "mlm.relu: mlm -> mlm.relu") == 1);
}

TEST_CASE("segments have a table, whose id is the last of a token's, and its row is added before the norm") {
  const Lines two = lines({"model.num_segments=2"});
  const Lines begin{"embedding: samples -> embedding", "positions: samples -> positions",
                    "segments: samples -> segments", "embedded: embedding positions segments -> embedded",
                    "ln_embedding: embedded -> ln_embedding"};
  CHECK(Lines(two.begin(), two.begin() + 5) == begin);
  const auto of = [](const std::vector<std::string>& flags) {
    const sw::ModelConfig model = config(flags);
    for (const sw::Operation& operation : sw::network_graph(model.model).operations)
      if (operation.name == "segments")
        return std::pair(static_cast<int>(operation.attribute("of")), model.model.input_features());
    return std::pair(-1, model.model.input_features());
  };
  CHECK(of({}) == std::pair(-1, 2));
  CHECK(of({"model.num_segments=5"}) == std::pair(2, 3));
  CHECK(of({"model.num_segments=1", "model.position_embedding_type=rotary"}) == std::pair(1, 2));
  const Lines rotary = lines({"model.num_segments=2", "model.position_embedding_type=rotary"});
  CHECK(rotary[2] == "embedded: embedding segments -> embedded");
}

TEST_CASE("a loss of next sentences reads what the other head reads, and has its label among a token's ids") {
  const Lines both = lines({"model.disable_nsp=null"});
  const auto from = std::find(both.begin(), both.end(), "pooler: h0.ln_2 -> pooler");
  REQUIRE(both.end() - from > 5);
  CHECK(Lines(from, from + 5) == Lines{"pooler: h0.ln_2 -> pooler", "pooler.tanh: pooler -> pooler.tanh",
                                       "nsp: pooler.tanh -> nsp", "nsp_loss: nsp samples -> nsp_loss",
                                       "mlm: h0.ln_2 -> mlm"});
  CHECK(std::count(both.begin(), both.end(), "segments: samples -> segments") == 1);
  const Lines other = lines({"model.disable_nsp=false", "model.pooler_nonlinearity=null"});
  CHECK(std::count(other.begin(), other.end(), "pooler.gelu: pooler -> pooler.gelu") == 1);
  const sw::ModelConfig model = config({"model.disable_nsp=false"});
  CHECK(model.model.transformer()->encoder.segments == 2);
  CHECK(model.model.input_features() == 4);
  for (const sw::Operation& operation : sw::network_graph(model.model).operations)
    if (operation.name == "nsp_loss") CHECK(operation.attribute("of") == 3);
  // As published, pooler and both outputs; its output layer has a bias of its own beside the shared table.
  CHECK(sw::parameters(sw::network_graph(config({"model.share_embedding_weights=true", "model.disable_nsp=false",
                                                 "model.use_output_bias_in_mlm=false"})
                                             .model)) == 110'106'428 - 30'522);
  CHECK_THROWS_WITH(config({"model.disable_nsp=false", "model.num_segments=1"}),
                    Contains("num_segments is '1'; two sentences of a text are two segments"));
  CHECK_THROWS_WITH(config({"model.disable_nsp=false", "train_input.max_sequence_length=4"}),
                    Contains("disable_nsp is 'false'; false asks for sequences of 5 tokens or more"));
  CHECK_NOTHROW(config({"model.disable_nsp=false", "model.num_segments=1", "train_input.data_processor=hdf5"}));
}

TEST_CASE("attention to both sides, of sequences from files, up to their ends") {
  const auto softmax = [](const sw::ModelConfig& of) {
    for (const sw::Operation& operation : sw::network_graph(of.model).operations)
      if (operation.type == "AttentionSoftmax") return operation;
    return sw::Operation{};
  };
  CHECK(softmax(config()).attribute("causal") == 0);
  CHECK(softmax(config()).attribute("padded") == 0);
  CHECK(softmax(config({"train_input.data_processor=hdf5"})).attribute("padded") == 1);
  CHECK(config().train_input.text.masked);
  CHECK_FALSE(config({"train_input.data_processor=hdf5"}).train_input.text.masked);
  const std::vector<std::string> gpt{
      "model={vocab_size: 64, max_position_embeddings: 128, hidden_size: 16, num_heads: 2, "
      "num_hidden_layers: 1, filter_size: 16, share_embedding_weights: false, "
      "attention_sliding_window_length: 5}"};
  CHECK(softmax(config(gpt)).attribute("causal") == 1);
  CHECK(softmax(config(gpt)).attribute("reach") == 5);
  CHECK_FALSE(config(gpt).train_input.text.masked);
}

TEST_CASE("parameters are those of BERT-base with its head for masked tokens") {
  // As published 109,514,298 with tied weights and two segments, of which the output layer's bias is 30,522.
  CHECK(sw::parameters(sw::network_graph(
            config({"model.share_embedding_weights=true", "model.use_output_bias_in_mlm=false"}).model)) ==
        109'514'298 - 2 * 768 - 30'522);
  CHECK(sw::parameters(sw::network_graph(
            config({"model.share_embedding_weights=true", "model.use_output_bias_in_mlm=false", "model.num_segments=2"})
                .model)) == 109'514'298 - 30'522);
  CHECK(sw::parameters(sw::network_graph(config().model)) == 109'514'298 - 2 * 768 + 30'522 * 768);
  CHECK(sw::parameters(sw::network_graph(sw::read_model("bert_tiny", test::source_path("sw/models")).config.model)) ==
        35'936);
}

TEST_CASE("keys of masks") {
  const sw::TextConfig text =
      config({"train_input.masked_lm_prob=0.2", "train_input.max_predictions_per_seq=20"}).train_input.text;
  CHECK(text.masked_share == 0.2);
  CHECK(text.most_masked == 20);
  CHECK(config().train_input.text.masked_share == 0.15);
  CHECK(config().train_input.text.most_masked == 0);
}

TEST_CASE("what is not there is refused, all at once") {
  try {
    config({"model.disable_nsp=false", "model.pooler_nonlinearity=swiglu", "model.share_embedding_weights=true",
            "model.num_segments=0", "model.use_bias_in_output=true", "model.attention_sliding_window_length=4",
            "model.attention_skip_masked=false", "model.mlm_loss_scaling=batch_size"});
    FAIL("taken");
  } catch (const UsageError& error) {
    const std::string text = error.what();
    for (const char* part :
         {"pooler_nonlinearity is 'swiglu'", "share_embedding_weights",
          "num_segments is '0'; allowed: a whole number, 1 to 65535", "use_output_bias_in_mlm says it",
          "attends to all others", "nothing is to be skipped", "mlm_loss_scaling"})
      CHECK_THAT(text, Contains(part));
  }
  CHECK_THROWS_WITH(config({"model.share_embedding_weights=true"}),
                    Contains("share_embedding_weights is 'true'; true needs use_output_bias_in_mlm: false beside it"));
  CHECK_THROWS_WITH(config({"model.position_embedding_type=alibi"}), Contains("attend to none behind them"));
  CHECK_THROWS_WITH(config({"model.nonlinearity=relu"}), Contains("nonlinearity says another"));
  CHECK_THROWS_WITH(config({"model.model_name=gpt2", "model.num_segments=2"}),
                    Contains("num_segments") && Contains("only model_name: bert has such a key"));
}
