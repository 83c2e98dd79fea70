// Question: do weights come through Hugging Face's names and layouts as they went, is each where its model has it, and
// is a file of another model an error that says all that is wrong?
#include "sw/exchange/huggingface_weights.h"

#include <catch2/catch.hpp>

#include "sw/driver/job_builder.h"
#include "sw/graph/model_file.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;

namespace {

struct Model {
  sw::ModelConfig config;
  hw::TrainingState state;
  const sw::TransformerConfig& transformer() const { return *config.model.transformer(); }
};

/// Weights that tell where they stand, biases too.
Model model_of(const std::string& json, const std::vector<std::string>& overrides = {}) {
  Model model;
  model.config = sw::parse_model(json, "some/config.json", overrides).config;
  model.state = sw::initial_state(model.config);
  float next = 1;
  for (hw::LayerState& layer : model.state.layers)
    for (hw::StateTensor& tensor : layer.tensors)
      if (tensor.name == "weight" || tensor.name == "bias")
        for (float& value : tensor.values) value = next++;
  return model;
}

const std::string small = R"("vocab_size": 7, "tie_word_embeddings": false)";
const std::string gpt2 = R"({"model_type": "gpt2", "n_embd": 8, "n_layer": 2, "n_head": 2, "n_inner": 12,
  "n_positions": 5, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "attn_pdrop": 0.0, )" +
                         small + "}";
const std::string tied = R"({"model_type": "gpt2", "n_embd": 8, "n_layer": 1, "n_head": 2, "vocab_size": 7,
  "n_positions": 5})";
const std::string llama = R"({"model_type": "llama", "hidden_size": 16, "num_hidden_layers": 2,
  "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 6, "max_position_embeddings": 9, )" +
                          small + "}";
const std::string neox = R"({"model_type": "gpt_neox", "hidden_size": 16, "num_hidden_layers": 1,
  "num_attention_heads": 2, "intermediate_size": 6, "rotary_pct": 0.5, "max_position_embeddings": 9, )" +
                         small + "}";
const std::string gptj = R"({"model_type": "gptj", "n_embd": 16, "n_layer": 1, "n_head": 2, "rotary_dim": 4,
  "n_positions": 9, )" + small +
                         "}";

const std::string bert = R"({"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2,
  "num_attention_heads": 2, "intermediate_size": 6, "max_position_embeddings": 9, "type_vocab_size": 3, )" +
                         small + "}";
const std::string pretraining = R"({"model_type": "bert", "architectures": ["BertForPreTraining"], "hidden_size": 16,
  "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 6, "max_position_embeddings": 9, )" +
                                small + "}";
constexpr const char* without_segments = "model.num_segments=null";

const sw::SafeTensor& find(const std::vector<sw::SafeTensor>& tensors, const std::string& name) {
  for (const sw::SafeTensor& tensor : tensors)
    if (tensor.name == name) return tensor;
  throw std::invalid_argument(name);
}
const std::vector<float>& own(const Model& model, const std::string& layer, const std::string& which) {
  for (const hw::LayerState& state : model.state.layers)
    if (state.layer == layer)
      for (const hw::StateTensor& tensor : state.tensors)
        if (tensor.name == which) return tensor.values;
  throw std::invalid_argument(layer);
}

std::string error_of(const std::vector<sw::SafeTensor>& tensors, Model& model) {
  try {
    sw::take_huggingface_weights("w.safetensors", tensors, model.transformer(), model.state);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("out and in again: every weight of every model as it was, each once") {
  for (const std::string& json : {gpt2, tied, llama, neox, gptj, bert, pretraining}) {
    CAPTURE(json);
    const Model model = model_of(json);
    const auto tensors = sw::huggingface_weights(model.transformer(), model.state);
    std::size_t numbers = 0, weights = 0;
    for (const sw::SafeTensor& tensor : tensors) numbers += tensor.values.size();
    Model fresh = model_of(json);
    for (hw::LayerState& layer : fresh.state.layers)
      for (hw::StateTensor& tensor : layer.tensors) {
        if (tensor.name == "weight" || tensor.name == "bias") weights += tensor.values.size();
        std::fill(tensor.values.begin(), tensor.values.end(), 0.0F);
      }
    CHECK(numbers == weights);
    sw::take_huggingface_weights("w", tensors, fresh.transformer(), fresh.state);
    for (std::size_t layer = 0; layer < model.state.layers.size(); ++layer)
      for (std::size_t tensor = 0; tensor < model.state.layers[layer].tensors.size(); ++tensor)
        if (const hw::StateTensor& was = model.state.layers[layer].tensors[tensor];
            was.name == "weight" || was.name == "bias")
          CHECK(fresh.state.layers[layer].tensors[tensor].values == was.values);
  }
}

TEST_CASE("GPT-2: c_attn has inputs as rows and queries, keys and values behind each other as columns") {
  const Model model = model_of(gpt2);
  const auto tensors = sw::huggingface_weights(model.transformer(), model.state);
  const sw::SafeTensor& joined = find(tensors, "transformer.h.1.attn.c_attn.weight");
  CHECK(joined.shape == std::vector<std::int64_t>{8, 24});
  CHECK(joined.values[3 * 24 + 2] == own(model, "h1.q", "weight")[2 * 8 + 3]);
  CHECK(joined.values[3 * 24 + 8 + 5] == own(model, "h1.k", "weight")[5 * 8 + 3]);
  CHECK(joined.values[7 * 24 + 16 + 1] == own(model, "h1.v", "weight")[1 * 8 + 7]);
  CHECK(find(tensors, "transformer.h.1.attn.c_attn.bias").values[8 + 5] == own(model, "h1.k", "bias")[5]);
  CHECK(find(tensors, "transformer.wte.weight").values[6 * 8 + 3] == own(model, "embedding", "weight")[6 * 8 + 3]);
  CHECK(find(tensors, "transformer.wpe.weight").values[4 * 8 + 3] == own(model, "positions", "weight")[4 * 8 + 3]);
  CHECK(find(tensors, "transformer.h.0.mlp.c_fc.weight").shape == std::vector<std::int64_t>{8, 12});
  CHECK(find(tensors, "lm_head.weight").values[9] == own(model, "lm_head", "weight")[9]);
}

TEST_CASE("Llama: halves become neighbours, and of grouped queries a feature's heads stand together") {
  const Model model = model_of(llama);  // heads of 4 features, two of queries to one of keys
  const auto tensors = sw::huggingface_weights(model.transformer(), model.state);
  const auto& q = find(tensors, "model.layers.0.self_attn.q_proj.weight").values;
  const auto& own_q = own(model, "h0.q", "weight");
  // Head 3 is the second of the second head of keys; its feature 2 is turned with feature 0, so it is number 1 here.
  CHECK(q[(3 * 4 + 2) * 16 + 9] == own_q[((1 * 4 + 1) * 2 + 1) * 16 + 9]);
  CHECK(q[(0 * 4 + 1) * 16 + 5] == own_q[((0 * 4 + 2) * 2 + 0) * 16 + 5]);
  const auto& k = find(tensors, "model.layers.1.self_attn.k_proj.weight").values;
  CHECK(k[(1 * 4 + 3) * 16] == own(model, "h1.k", "weight")[(1 * 4 + 3) * 16]);
  CHECK(k[(1 * 4 + 1) * 16] == own(model, "h1.k", "weight")[(1 * 4 + 2) * 16]);
  CHECK(find(tensors, "model.layers.1.self_attn.v_proj.weight").values == own(model, "h1.v", "weight"));
  const auto& o = find(tensors, "model.layers.0.self_attn.o_proj.weight").values;
  CHECK(o[5 * 16 + 3 * 4 + 2] == own(model, "h0.proj", "weight")[5 * 16 + (1 * 4 + 2) * 2 + 1]);
  CHECK(find(tensors, "model.layers.0.mlp.gate_proj.weight").values == own(model, "h0.fc1_gate", "weight"));
}

TEST_CASE("GPT-NeoX: of each head its queries, keys and values, features behind those that are turned stay") {
  const Model model = model_of(neox);  // heads of 8, 4 of them turned
  const auto tensors = sw::huggingface_weights(model.transformer(), model.state);
  const auto& joined = find(tensors, "gpt_neox.layers.0.attention.query_key_value.weight");
  CHECK(joined.shape == std::vector<std::int64_t>{48, 16});
  CHECK(joined.values[(1 * 24 + 2) * 16] == own(model, "h0.q", "weight")[(8 + 1) * 16]);
  CHECK(joined.values[(1 * 24 + 8 + 5) * 16 + 3] == own(model, "h0.k", "weight")[(8 + 5) * 16 + 3]);
  CHECK(joined.values[(0 * 24 + 16 + 2) * 16] == own(model, "h0.v", "weight")[2 * 16]);
}

TEST_CASE(
    "BERT without segments: a position's row takes the first segment's, norms of older files are read, what only other "
    "heads have is "
    "passed over") {
  const Model model = model_of(bert, {without_segments});
  auto tensors = sw::huggingface_weights(model.transformer(), model.state);
  for (sw::SafeTensor& tensor : tensors) {
    if (tensor.name == "bert.embeddings.token_type_embeddings.weight") {
      CHECK(tensor.shape == std::vector<std::int64_t>{2, 16});
      CHECK(std::all_of(tensor.values.begin(), tensor.values.end(), [](float value) { return value == 0; }));
      tensor.shape[0] = 3;
      tensor.values.assign(3 * 16, 1000);
      tensor.values[5] = 0.5;
    }
    if (tensor.name == "bert.encoder.layer.1.output.LayerNorm.weight")
      tensor.name = "bert.encoder.layer.1.output.LayerNorm.gamma";
    if (tensor.name == "cls.predictions.transform.LayerNorm.bias")
      tensor.name = "cls.predictions.transform.LayerNorm.beta";
  }
  tensors.push_back({"bert.pooler.dense.bias", {1}, "F32", {1}});
  tensors.push_back({"cls.seq_relationship.weight", {1}, "F32", {1}});
  Model fresh = model_of(bert, {without_segments});
  for (hw::LayerState& layer : fresh.state.layers)
    for (hw::StateTensor& tensor : layer.tensors) std::fill(tensor.values.begin(), tensor.values.end(), 0.0F);
  REQUIRE(error_of(tensors, fresh).empty());
  CHECK(own(fresh, "positions", "weight")[3 * 16 + 5] == own(model, "positions", "weight")[3 * 16 + 5] + 0.5F);
  CHECK(own(fresh, "positions", "weight")[8 * 16 + 6] == own(model, "positions", "weight")[8 * 16 + 6] + 1000);
  for (const auto& [layer, which] : {std::pair("h1.ln_2", "weight"), {"ln_mlm", "bias"}, {"lm_head", "bias"}})
    CHECK(own(fresh, layer, which) == own(model, layer, which));
}

TEST_CASE("BERT: a table of segments is its own, of as many rows as type_vocab_size says") {
  Model model = model_of(bert);
  REQUIRE(model.transformer().encoder.segments == 3);
  auto tensors = sw::huggingface_weights(model.transformer(), model.state);
  sw::SafeTensor& segments = const_cast<sw::SafeTensor&>(find(tensors, "bert.embeddings.token_type_embeddings.weight"));
  CHECK(segments.shape == std::vector<std::int64_t>{3, 16});
  CHECK(segments.values == own(model, "segments", "weight"));
  CHECK(find(tensors, "bert.embeddings.position_embeddings.weight").values == own(model, "positions", "weight"));
  CHECK_THAT(sw::huggingface_config(model.transformer()), Contains("\"type_vocab_size\": 3"));
  segments.shape[0] = 2;
  segments.values.resize(2 * 16);
  CHECK_THAT(error_of(tensors, model), Contains("token_type_embeddings.weight: shape [2, 16]; this model has [3, 16]"));
  tensors.erase(tensors.begin() + (&segments - tensors.data()));
  CHECK_THAT(error_of(tensors, model), Contains("holds no bert.embeddings.token_type_embeddings.weight"));
}

TEST_CASE("BERT with a loss of next sentences: the pooler and what it is for have their published names") {
  Model model = model_of(pretraining);
  const auto tensors = sw::huggingface_weights(model.transformer(), model.state);
  CHECK(find(tensors, "bert.pooler.dense.weight").values == own(model, "pooler", "weight"));
  CHECK(find(tensors, "bert.pooler.dense.bias").values == own(model, "pooler", "bias"));
  CHECK(find(tensors, "cls.seq_relationship.weight").shape == std::vector<std::int64_t>{2, 16});
  CHECK(find(tensors, "cls.seq_relationship.bias").values == own(model, "nsp", "bias"));
  CHECK_THAT(error_of(sw::huggingface_weights(model_of(bert).transformer(), model_of(bert).state), model),
             Contains("holds no bert.pooler.dense.weight") && Contains("holds no cls.seq_relationship.bias"));
  sw::TransformerConfig other = model.transformer();
  other.encoder.pooler_nonlinearity = "GELU";
  CHECK_THROWS_WITH(sw::huggingface_type(other), Contains("but tanh in the pooler") && Contains("GELU, GELU and GELU"));
}

TEST_CASE("BERT: where the output has no bias a file's must be zero") {
  Model model = model_of(R"({"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 1, "vocab_size": 7,
    "num_attention_heads": 2, "intermediate_size": 6, "max_position_embeddings": 9})");
  REQUIRE(model.transformer().tied);
  auto tensors = sw::huggingface_weights(model.transformer(), model.state);
  sw::SafeTensor& bias = const_cast<sw::SafeTensor&>(find(tensors, "cls.predictions.bias"));
  CHECK(bias.values == std::vector<float>(7, 0.0F));
  CHECK(error_of(tensors, model).empty());
  bias.values[6] = 1e-9F;
  CHECK_THAT(error_of(tensors, model),
             Contains("cls.predictions.bias is not zero") && Contains("one that shares the embedding has none"));
  tensors.erase(tensors.begin() + (&bias - tensors.data()));
  CHECK(error_of(tensors, model).empty());
}

TEST_CASE("names without their prefix, masks, and a head that is tied") {
  Model model = model_of(gpt2);
  std::vector<sw::SafeTensor> bare;
  for (sw::SafeTensor tensor : sw::huggingface_weights(model.transformer(), model.state)) {
    if (tensor.name == "lm_head.weight") continue;
    tensor.name = tensor.name.substr(std::string("transformer.").size());
    bare.push_back(tensor);
  }
  bare.push_back({"h.0.attn.bias", {1, 1, 5, 5}, "BOOL", {}});
  Model fresh = model_of(gpt2);
  REQUIRE(error_of(bare, fresh).empty());
  CHECK(own(fresh, "h1.fc2", "weight") == own(model, "h1.fc2", "weight"));
  CHECK(own(fresh, "lm_head", "weight")[3 * 8 + 2] == own(model, "embedding", "weight")[3 * 8 + 2]);
}

TEST_CASE("tied weights: no head goes out, and one that comes in is the embedding") {
  Model model = model_of(tied);
  auto tensors = sw::huggingface_weights(model.transformer(), model.state);
  CHECK(
      std::none_of(tensors.begin(), tensors.end(), [](const auto& tensor) { return tensor.name == "lm_head.weight"; }));
  CHECK_THAT(sw::huggingface_config(model.transformer()), Contains("\"tie_word_embeddings\": true"));
  tensors.push_back(find(tensors, "transformer.wte.weight"));
  tensors.back().name = "lm_head.weight";
  CHECK(error_of(tensors, model).empty());
  tensors.back().values[3] += 1;
  CHECK_THAT(error_of(tensors, model),
             Contains("lm_head.weight is not transformer.wte.weight, and this model's are one"));
}

TEST_CASE("what is missing, left over, of another shape or no number is told at once") {
  Model model = model_of(llama);
  auto tensors = sw::huggingface_weights(model.transformer(), model.state);
  tensors[2].name = "model.layers.0.self_attn.q_prj.weight";
  tensors[0].shape = {8, 16};
  tensors[1].dtype = "I32";
  tensors[1].values.clear();
  const std::string error = error_of(tensors, model);
  CHECK_THAT(error, Contains("w.safetensors: model.embed_tokens.weight: shape [8, 16]; this model has [7, 16]") &&
                        Contains("holds no model.layers.0.self_attn.q_proj.weight") &&
                        Contains("model.layers.0.self_attn.q_prj.weight, which this model does not have") &&
                        Contains("model.layers.0.input_layernorm.weight: dtype I32; allowed: F32, F16, BF16"));
}

TEST_CASE("a config.json that is written reads as the model that it was made of") {
  for (const std::string& json : {gpt2, tied, llama, neox, gptj, bert, pretraining}) {
    const sw::TransformerConfig model = model_of(json).transformer();
    const std::string written = sw::huggingface_config(model);
    CAPTURE(written);
    const sw::ModelConfig again = sw::parse_model(written, "other/config.json", {}).config;
    CHECK(sw::huggingface_config(*again.model.transformer()) == written);
    CHECK(again.model.transformer()->tied == model.tied);
    CHECK(again.model.transformer()->encoder.next_sentences == model.encoder.next_sentences);
    CHECK(again.model.transformer()->queries() == model.queries());
    CHECK(again.model.transformer()->rotary.features == model.rotary.features);
  }
}

TEST_CASE("a network that no such model has is refused") {
  sw::TransformerConfig model = model_of(llama).transformer();
  model.bias.output = true;
  CHECK_THROWS_WITH(sw::huggingface_type(model), Contains("no model of Hugging Face's that is known here"));
}
