// Question: does a model file's GPT become the graph that its keys say, with the backward pass that is derived by hand,
// and is what cannot be trained refused by name?
#include <catch2/catch.hpp>

#include "sw/graph/backward_graph.h"
#include "sw/graph/model_file.h"
#include "sw/graph/network_graph.h"
#include "sw/graph/transformer_graph.h"
#include "tests/support/graph_lines.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;
using sw::OperationGraph;
using test::lines_of;
using Lines = std::vector<std::string>;

namespace {

const std::string kTiny = R"(
train_input: {data_processor: text, max_sequence_length: 16, batch_size: 8}
model:
  name: gpt_char_tiny
  model_name: gpt
  vocab_size: 128
  max_position_embeddings: 16
  position_embedding_type: learned
  share_embedding_weights: false
  hidden_size: 32
  num_hidden_layers: 2
  num_heads: 4
  filter_size: 128
  nonlinearity: gelu
  dropout_rate: 0.0
  layer_norm_epsilon: 1.0e-5
  attention_type: scaled_dot_product
  mixed_precision: true
  fp16_type: float16
optimizer: {optimizer_type: adamw, learning_rate: 0.001}
runconfig: {max_steps: 20}
)";

const std::string kChar = R"(
train_input: {data_processor: text, max_sequence_length: 128, batch_size: 8}
model:
  name: gpt_char
  model_name: gpt
  vocab_size: 256
  max_position_embeddings: 128
  share_embedding_weights: false
  hidden_size: 128
  num_hidden_layers: 4
  num_heads: 4
  filter_size: 512
optimizer: {optimizer_type: adamw, learning_rate: 0.001}
runconfig: {max_steps: 20}
)";

const std::string kGpt2Small =
    "model={vocab_size: 50257, max_position_embeddings: 1024, hidden_size: 768, num_hidden_layers: 12, num_heads: 12, "
    "filter_size: 3072, share_embedding_weights: false}";

sw::ModelFile file(const std::vector<std::string>& flags = {}) { return sw::parse_model(kTiny, "tiny.yaml", flags); }

sw::TransformerConfig config(const std::vector<std::string>& flags = {}) {
  return *file(flags).config.model.transformer();
}

std::string error_of(const std::vector<std::string>& flags) {
  try {
    file(flags);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

/// One block without biases, two heads of four features, four tokens.
sw::TransformerConfig one_block() {
  sw::TransformerConfig model;
  model.vocab_size = 10;
  model.max_position_embeddings = 6;
  model.sequence_length = 4;
  model.hidden_size = 8;
  model.num_hidden_layers = 1;
  model.num_heads = 2;
  model.filter_size = 12;
  model.bias.projections = model.bias.attention_output = model.bias.ffn = false;
  return model;
}

}  // namespace

TEST_CASE("a block reads and makes what GPT-2's does") {
  const OperationGraph graph = sw::transformer_graph(one_block());
  CHECK(lines_of(graph) == Lines{"embedding: samples -> embedding",
                                 "positions: samples -> positions",
                                 "embedded: embedding positions -> embedded",
                                 "h0.ln_1: embedded -> h0.ln_1",
                                 "h0.q: h0.ln_1 -> h0.q",
                                 "h0.k: h0.ln_1 -> h0.k",
                                 "h0.v: h0.ln_1 -> h0.v",
                                 "h0.attention.scores: h0.q h0.k -> h0.attention.scores",
                                 "h0.attention.softmax: h0.attention.scores -> h0.attention.softmax",
                                 "h0.attention: h0.attention.softmax h0.v -> h0.attention",
                                 "h0.proj: h0.attention -> h0.proj",
                                 "h0.add_1: embedded h0.proj -> h0.add_1",
                                 "h0.ln_2: h0.add_1 -> h0.ln_2",
                                 "h0.fc1: h0.ln_2 -> h0.fc1",
                                 "h0.fc1.gelu: h0.fc1 -> h0.fc1.gelu",
                                 "h0.fc2: h0.fc1.gelu -> h0.fc2",
                                 "h0.add_2: h0.add_1 h0.fc2 -> h0.add_2",
                                 "ln_f: h0.add_2 -> ln_f",
                                 "lm_head: ln_f -> lm_head",
                                 "loss: lm_head labels -> loss"});
  CHECK(graph.inputs.front().features == 2);
  CHECK(graph.operations[7].output_features == 8);  // 2 heads x 4 keys
  CHECK(graph.operations[8].attribute("scale") == 0.5);
  CHECK(graph.operations[8].attribute("causal") == 1);
}

TEST_CASE("backward pass of a block: a sum's delta goes past it, and what came back through the norm is added") {
  const OperationGraph backward = sw::backward_graph(sw::transformer_graph(one_block()));
  CHECK(lines_of(backward) ==
        Lines{"loss delta: lm_head labels -> d.lm_head",
              "lm_head delta: d.lm_head -> d.ln_f",
              "lm_head gradient: d.lm_head ln_f -> d.lm_head.weight",
              "ln_f delta: d.ln_f h0.add_2 -> d.h0.add_2",
              "ln_f gradient: d.ln_f h0.add_2 -> d.ln_f.weight d.ln_f.bias",
              "h0.fc2 delta: d.h0.add_2 -> d.h0.fc1.gelu",
              "h0.fc2 gradient: d.h0.add_2 h0.fc1.gelu -> d.h0.fc2.weight",
              "h0.fc1.gelu delta: d.h0.fc1.gelu h0.fc1 -> d.h0.fc1",
              "h0.fc1 delta: d.h0.fc1 -> d.h0.ln_2",
              "h0.fc1 gradient: d.h0.fc1 h0.ln_2 -> d.h0.fc1.weight",
              "h0.ln_2 delta: d.h0.ln_2 h0.add_1 -> d.h0.add_1.by.h0.ln_2",
              "h0.ln_2 gradient: d.h0.ln_2 h0.add_1 -> d.h0.ln_2.weight d.h0.ln_2.bias",
              "d.h0.add_1: d.h0.add_2 d.h0.add_1.by.h0.ln_2 -> d.h0.add_1",
              "h0.proj delta: d.h0.add_1 -> d.h0.attention",
              "h0.proj gradient: d.h0.add_1 h0.attention -> d.h0.proj.weight",
              "h0.attention delta: d.h0.attention h0.v -> d.h0.attention.softmax",
              "h0.attention delta: d.h0.attention h0.attention.softmax -> d.h0.v",
              "h0.attention.softmax delta: d.h0.attention.softmax h0.attention.softmax -> d.h0.attention.scores",
              "h0.attention.scores delta: d.h0.attention.scores h0.k -> d.h0.q",
              "h0.attention.scores delta: d.h0.attention.scores h0.q -> d.h0.k",
              "h0.v delta: d.h0.v -> d.h0.ln_1.by.h0.v",
              "h0.v gradient: d.h0.v h0.ln_1 -> d.h0.v.weight",
              "h0.k delta: d.h0.k -> d.h0.ln_1.by.h0.k",
              "h0.k gradient: d.h0.k h0.ln_1 -> d.h0.k.weight",
              "h0.q delta: d.h0.q -> d.h0.ln_1.by.h0.q",
              "h0.q gradient: d.h0.q h0.ln_1 -> d.h0.q.weight",
              "d.h0.ln_1: d.h0.ln_1.by.h0.v d.h0.ln_1.by.h0.k d.h0.ln_1.by.h0.q -> d.h0.ln_1",
              "h0.ln_1 delta: d.h0.ln_1 embedded -> d.embedded.by.h0.ln_1",
              "h0.ln_1 gradient: d.h0.ln_1 embedded -> d.h0.ln_1.weight d.h0.ln_1.bias",
              "d.embedded: d.h0.add_1 d.embedded.by.h0.ln_1 -> d.embedded",
              "positions gradient: d.embedded samples -> d.positions.weight",
              "embedding gradient: d.embedded samples -> d.embedding.weight"});
}

TEST_CASE("flops of a block's token by hand") {
  const OperationGraph graph = sw::transformer_graph(one_block());
  const int products = 2 * (4 * 8 * 8 + 2 * 8 * 12 + 8 * 10);
  const int attention = 4 * 4 * 8, softmax = 6 * 2 * 4, norms = 3 * (7 * 8 + 4), gelu = 5 * 12, sums = 3 * 8;
  CHECK(sw::flops(graph) == products + attention + softmax + norms + gelu + sums + (4 * 10 + 3));
  // Twice the products; of both tables an addition a feature; the sums of deltas add 8 features, or thrice 8.
  CHECK(sw::flops(sw::backward_graph(graph)) == 2 * products + 2 * 8 + 2 * attention + 5 * 2 * 4 +
                                                    3 * ((13 * 8 + 6) + (8 * 8 + 4)) + 11 * 12 + (8 + 2 * 8 + 8) +
                                                    2 * 10);
}

TEST_CASE("parameters are those of the published models") {
  const auto parameters = [](const std::vector<std::string>& flags) {
    return sw::parameters(sw::network_graph(file(flags).config.model));
  };
  // GPT-2 small as published; and with a head of its own.
  CHECK(parameters({kGpt2Small}) == 124'439'808 + 50'257 * 768);
  CHECK(parameters({kGpt2Small, "model.share_embedding_weights=true"}) == 124'439'808);
  CHECK(parameters({}) == 2 * (12 * 32 * 32 + 13 * 32) + (128 + 16) * 32 + 2 * 32 + 128 * 32);
  // (256 + 128 + 256) 128 + 4 (12 128^2 + 13 128) + 2 128
  CHECK(sw::parameters(sw::network_graph(sw::parse_model(kChar, "gpt_char.yaml").config.model)) == 875'264);
}

TEST_CASE("keys say which operations there are") {
  const auto lines = [](const std::vector<std::string>& flags) {
    return lines_of(sw::transformer_graph(config(flags)));
  };
  const auto has = [](const Lines& all, const std::string& line) {
    return std::find(all.begin(), all.end(), line) != all.end();
  };
  CHECK(has(lines({"model.nonlinearity=relu"}), "h1.fc1.relu: h1.fc1 -> h1.fc1.relu"));
  CHECK(config({"model.attention_skip_masked=true"}).skip_masked);
  CHECK_FALSE(config().skip_masked);
  CHECK(config({"model.norm_type=rmsnorm"}).norm == "RMSNorm");
  CHECK(config({"model.use_rms_norm=true"}).norm == "RMSNorm");
  const Lines dropped = lines({"model.dropout_rate=0.1", "model.attention_dropout_rate=0"});
  CHECK(has(dropped, "embedded.dropout: embedded -> embedded.dropout"));
  CHECK(has(dropped, "h1.add_1: h0.add_2 h1.proj.dropout -> h1.add_1"));
  CHECK(has(dropped, "h0.add_2: h0.add_1 h0.fc2.dropout -> h0.add_2"));
  CHECK(has(lines({"model.attention_dropout_rate=0.1"}),
            "h0.attention: h0.attention.softmax.dropout h0.v -> h0.attention"));
  CHECK_FALSE(has(lines({"model.dropout_rate=0.1", "model.residual_dropout_rate=0"}),
                  "h0.add_2: h0.add_1 h0.fc2.dropout -> h0.add_2"));
  CHECK_FALSE(has(lines({"model.dropout_rate=0.1", "model.embedding_dropout_rate=0", "model.attention_dropout_rate=0"}),
                  "embedded.dropout: embedded -> embedded.dropout"));
  const std::int64_t all = sw::parameters(sw::transformer_graph(config()));
  const auto fewer = [&](const char* flag) { return all - sw::parameters(sw::transformer_graph(config({flag}))); };
  CHECK(fewer("model.use_projection_bias_in_attention=false") == 2 * 3 * 32);
  CHECK(fewer("model.use_ffn_bias_in_attention=false") == 2 * 32);
  CHECK(fewer("model.use_ffn_bias=false") == 2 * (128 + 32));
  CHECK(fewer("model.use_bias_in_output=true") == -128);
  CHECK(fewer("model.norm_type=rmsnorm") == 5 * 32);
}

TEST_CASE("a Llama's keys: rotary positions in the place of learned ones, a gate beside the first matrix") {
  const std::vector<std::string> flags{"model.position_embedding_type=rotary", "model.rope_theta=500000",
                                       "model.nonlinearity=swiglu"};
  const sw::TransformerConfig model = config(flags);
  CHECK(model.rotary.base == 500'000);
  CHECK(model.input_features() == 1);
  CHECK(file(flags).config.model.input_features() == 1);
  CHECK(config().rotary.base == 0);
  CHECK(config({"model.position_embedding_type=rotary"}).rotary.base == 10'000);
  CHECK(config({"model.rope_theta=500000", "model.rotary_dim=64"}).rotary.base == 0);  // as files of learned ones may
  const Lines all = lines_of(sw::transformer_graph(model));
  for (const char* line :
       {"h1.q.rotary: h1.q -> h1.q.rotary", "h1.k.rotary: h1.k -> h1.k.rotary",
        "h1.attention.scores: h1.q.rotary h1.k.rotary -> h1.attention.scores",
        "h1.attention: h1.attention.softmax h1.v -> h1.attention", "h1.fc1_gate: h1.ln_2 -> h1.fc1_gate",
        "h1.fc1.swiglu: h1.fc1_gate h1.fc1 -> h1.fc1.swiglu", "h1.fc2: h1.fc1.swiglu -> h1.fc2"})
    CHECK(std::find(all.begin(), all.end(), line) != all.end());
  // 16 positions of 32 features less; of each block a gate of 128 x 32 and its bias more.
  CHECK(sw::parameters(sw::transformer_graph(model)) - sw::parameters(sw::transformer_graph(config())) ==
        2 * (128 * 32 + 128) - 16 * 32);
  CHECK_THAT(error_of({"model.position_embedding_type=rotary", "model.rotary_dim=5"}),
             Contains("model.rotary_dim is '5'; allowed: an even number up to 8, the features of a head"));
  CHECK_THAT(error_of({"model.position_embedding_type=rotary", "model.num_heads=32"}),
             Contains("model.num_heads is '32'; a head has 1 features; rotary positions take an even number"));
  CHECK_THAT(error_of({"model.position_embedding_type=rotary", "model.rope_theta=0.5"}),
             Contains("model.rope_theta is '0.5'") && Contains("1 to 1000000000"));
}

TEST_CASE("ALiBi: no table of positions and no angles, one id of a token, of decoders alone") {
  const sw::TransformerConfig model = config({"model.position_embedding_type=alibi"});
  CHECK((model.positions == sw::Positions::linear_bias && model.input_features() == 1));
  const OperationGraph graph = sw::transformer_graph(model);
  int softmaxes = 0;
  for (const sw::Operation& operation : graph.operations) {
    CHECK((operation.type != "Rotary" && operation.name != "positions"));
    if (operation.type == "AttentionSoftmax") softmaxes += operation.attribute("linear_bias") == 1;
  }
  CHECK(softmaxes == model.num_hidden_layers);
  CHECK_THAT(error_of({"model.position_embedding_type=alibi", "model.alibi_trainable_slopes=true"}),
             Contains("alibi_trainable_slopes is 'true'; allowed: false"));
}

TEST_CASE("flops of a Llama's gate and positions by hand, of a token") {
  sw::TransformerConfig llama = one_block(), gpt = one_block();
  llama.positions = sw::Positions::rotary;
  llama.rotary.base = 1e4;
  llama.nonlinearity = "SwiGLU";
  // No positions and no sum with them, a gate of 12 x 8, 4 for each of 12 values in the place of GELU's 5, 3 for
  // each of 8 queries and 8 keys.
  const auto more = [&](auto flops_of) {
    return flops_of(sw::transformer_graph(llama)) - flops_of(sw::transformer_graph(gpt));
  };
  CHECK(more([](const OperationGraph& graph) { return sw::flops(graph); }) == -8 + 2 * 12 * 8 + (4 - 5) * 12 + 3 * 16);
  // The gate's products twice; 9 and 4 in the place of GELU's 11; a sum of two deltas of 8.
  CHECK(more([](const OperationGraph& graph) { return sw::flops(sw::backward_graph(graph)); }) ==
        -8 + 2 * 2 * 12 * 8 + (13 - 11) * 12 + 3 * 16 + 8);
}

TEST_CASE("the network is a GPT if the file says so or has its keys") {
  CHECK(file({"model.model_name=gpt3"}).config.model.transformer());
  CHECK(file({"model.model_name=llama"}).config.model.transformer());
  CHECK(file({"model.model_name=null"}).config.model.transformer());
  CHECK(file().config.model.input_features() == 2);
  CHECK(file().config.model.num_classes() == 128);
  CHECK_THAT(error_of({"model.model_name=gtp"}), Contains("nearest: gpt"));
  CHECK_THAT(error_of({"model.model_name=fully_connected"}), Contains("unknown key model.vocab_size"));
}

TEST_CASE("what cannot be trained is refused, all of it at once") {
  const std::string text =
      error_of({"model.hidden_size=33", "model.vocab_size=65536", "model.attention_type=dot_product",
                "model.position_embedding_type=relative", "model.filter_size=0", "model.norm_type=rmsnrm",
                "model.residual_dropout_rate=1", "model.rotary_dim=64", "model.embeddings_scale=2", "model.num_head=4",
                "model.sparsity=0.5", "train_input.data_processor=mnist", "model.loss_scaling=batch_size"});
  CHECK_THAT(text, Contains("model.num_heads is '4'; does not divide hidden_size, 33"));
  CHECK_THAT(text, Contains("model.vocab_size is '65536'") && Contains("1 to 65535") && Contains("16 bits"));
  CHECK_THAT(text, Contains("model.residual_dropout_rate is '1'; allowed: a number, 0 to 0.99"));
  CHECK_THAT(text, Contains("model.attention_type is 'dot_product'") && Contains("scaled_dot_product"));
  CHECK_THAT(text, Contains("model.position_embedding_type is 'relative'") && Contains("learned, rotary, alibi"));
  CHECK_THAT(text, Contains("model.filter_size is '0'; allowed: a whole number, 1 to 1048576"));
  CHECK_THAT(text, Contains("model.norm_type is 'rmsnrm'") && Contains("nearest: rmsnorm"));
  CHECK_THAT(text, Contains("model.embeddings_scale is '2'"));
  CHECK_THAT(text, Contains("unknown key model.num_head; nearest: num_heads"));
  CHECK_THAT(text, Contains("model.sparsity is '0.5'") && Contains("dense"));
  CHECK_THAT(text, Contains("train_input.data_processor is 'mnist'; a transformer reads sequences of tokens"));
  CHECK_THAT(text, Contains("model.loss_scaling is 'batch_size'") && Contains("mean over tokens"));
  CHECK_THAT(error_of({"model.attention_skip_masked=true", "model.num_kv_heads=1"}),
             Contains("model.attention_skip_masked is 'true'; allowed: false where num_kv_heads is less"));
  CHECK_THAT(error_of({"model.share_embedding_weights=null"}), Contains("missing key model.share_embedding_weights"));
  CHECK_THAT(error_of({"model.use_rms_norm=true", "model.norm_type=layernorm"}), Contains("norm_type says another"));
}

TEST_CASE("a mistake is told once: what follows from it is not a second one") {
  const auto mistakes = [](const std::string& error) { return std::count(error.begin(), error.end(), '\n') + 1; };
  const std::string groups = error_of({"model.num_kv_heads=0"});
  CHECK_THAT(groups, Contains("num_kv_heads is '0'"));
  CHECK(mistakes(groups) == 1);
  const std::string heads = error_of({"model.num_heads=0", "model.num_kv_heads=3"});
  CHECK_THAT(heads, Contains("num_heads is '0'"));
  CHECK(mistakes(heads) == 1);
  std::string text = kTiny;
  text.erase(text.find(" max_sequence_length: 16,"), std::string(" max_sequence_length: 16,").size());
  std::string length;
  try {
    sw::parse_model(text, "tiny.yaml");
  } catch (const UsageError& error) {
    length = error.what();
  }
  CHECK_THAT(length, Contains("missing key train_input.max_sequence_length"));
  CHECK(mistakes(length) == 1);
}

TEST_CASE("a sequence has as many tokens as the data says, and no more than positions") {
  const auto read = [](int length) {
    YamlReader reader(
        "{vocab_size: 9, max_position_embeddings: 16, hidden_size: 8, num_hidden_layers: 1, num_heads: 2, "
        "filter_size: 8, share_embedding_weights: false}",
        "model.yaml");
    YamlSection section = reader.root();
    const int tokens = sw::read_transformer(section, sw::TransformerFamily::decoder, length, false).sequence_length;
    reader.finish();
    return tokens;
  };
  CHECK(read(12) == 12);
  CHECK(config().sequence_length == 16);
  CHECK_THAT(error_of({"train_input.max_sequence_length=17"}), Contains("max_sequence_length is 17"));
  CHECK_THROWS_WITH(read(17), Contains("max_position_embeddings is '16'") &&
                                  Contains("train_input.max_sequence_length is 17, so allowed: from 17"));
}
