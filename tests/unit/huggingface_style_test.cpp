// Question: is a config.json of each known model read as transformers read it, and is all that it asks for and is not
// there refused at once?
#include "sw/frontend/huggingface_style.h"

#include <catch2/catch.hpp>

#include "sw/graph/model_file.h"
#include "sw/graph/operation_types.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;

namespace {

sw::ModelFile read(const std::string& json, const std::vector<std::string>& overrides = {}) {
  return sw::parse_model(json, "models/some/config.json", overrides);
}
sw::TransformerConfig model_of(const std::string& json, const std::vector<std::string>& overrides = {}) {
  return *read(json, overrides).config.model.transformer();
}
std::string error_of(const std::string& json, const std::vector<std::string>& overrides = {}) {
  try {
    read(json, overrides);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

const std::string gpt2 = R"({"model_type": "gpt2", "n_embd": 64, "n_layer": 3, "n_head": 4, "vocab_size": 300,
  "n_positions": 32, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "attn_pdrop": 0.0, "tie_word_embeddings": false)";

}  // namespace

TEST_CASE("GPT-2: what is written, and what its class has where nothing is") {
  const sw::ModelFile file = read(gpt2 + R"(, "bos_token_id": 50256, "architectures": ["GPT2LMHeadModel"]})");
  const sw::TransformerConfig& model = *file.config.model.transformer();
  CHECK(file.config.model.name == "some");
  CHECK(model.vocab_size == 300);
  CHECK(model.hidden_size == 64);
  CHECK(model.num_hidden_layers == 3);
  CHECK(model.num_heads == 4);
  CHECK(model.queries() == 1);
  CHECK(model.filter_size == 256);
  CHECK(model.max_position_embeddings == 32);
  CHECK(model.nonlinearity == "GELU_tanh");
  CHECK(model.norm == "LayerNorm");
  CHECK(model.norm_epsilon == 1e-5);
  CHECK(model.rotary.base == 0);
  CHECK((model.bias.projections && model.bias.attention_output && model.bias.ffn));
  CHECK((!model.bias.output && !model.parallel));
  using Form = sw::Initializer::Form;
  CHECK(model.initializer.matrices.form == Form::normal);
  CHECK(model.initializer.matrices.std == 0.02);
  CHECK(model.initializer.added.std == Approx(0.02 / std::sqrt(6.0)));
  CHECK(file.config.train_input.batch_size == 8);
  CHECK(file.config.train_input.text.max_sequence_length == 32);
  CHECK(file.config.train_input.text.tokenizer == sw::TokenizerKind::characters);
  CHECK(file.config.optimizer.kind == hw::OptimizerKind::adamw);
  std::string notes;
  for (const std::string& note : file.notes) notes += note + "\n";
  CHECK_THAT(notes, Contains("config.json:") && Contains("architectures has no effect here: model_type says") &&
                        Contains("says nothing of the training; taken are train_input.data_processor=text") &&
                        Contains("optimizer.learning_rate=5e-05"));
}

TEST_CASE("the published GPT-2's own file asks for dropout and tied weights, which --set may change") {
  const std::string published = R"({"model_type": "gpt2"})";
  const sw::TransformerConfig model = model_of(published);
  CHECK(model.tied);
  CHECK((model.dropout.residual == 0.1 && model.dropout.embedding == 0.1 && model.dropout.attention == 0.1));
  const sw::TransformerConfig other =
      model_of(published, {"model.attention_dropout_rate=0", "model.share_embedding_weights=false"});
  CHECK((!other.tied && other.dropout.residual == 0.1 && other.dropout.attention == 0));
  CHECK_FALSE(model_of(R"({"model_type": "llama"})").tied);
  CHECK_THAT(error_of(R"({"model_type": "gptj", "tie_word_embeddings": true})"),
             Contains("use_bias_in_output") && Contains("a table has no bias"));
  CHECK(model.vocab_size == 50257);
  CHECK(model.hidden_size == 768);
  CHECK(model.num_hidden_layers == 12);
  CHECK(read(published).config.train_input.text.tokenizer == sw::TokenizerKind::gpt2);
}

TEST_CASE("Llama and Mistral: grouped queries, and no more positions than a window reaches") {
  const sw::TransformerConfig llama =
      model_of(R"({"model_type": "llama", "hidden_size": 64, "num_attention_heads": 8, "num_key_value_heads": 2,
                   "num_hidden_layers": 2, "intermediate_size": 96, "vocab_size": 100, "rope_scaling": null,
                   "attention_bias": true, "head_dim": 8, "hidden_act": "silu", "rope_theta": 500000.0})");
  CHECK(llama.queries() == 4);
  CHECK(llama.norm == "RMSNorm");
  CHECK(llama.nonlinearity == "SwiGLU");
  CHECK(llama.norm_epsilon == 1e-6);
  CHECK(llama.rotary.base == 500000);
  CHECK((llama.bias.projections && llama.bias.attention_output && !llama.bias.ffn));
  CHECK(llama.initializer.added.std == 0.02);
  const sw::TransformerConfig mistral = model_of(R"({"model_type": "mistral", "vocab_size": 100})");
  CHECK(mistral.queries() == 4);
  CHECK(mistral.hidden_size == 4096);
  CHECK(mistral.filter_size == 14336);
  CHECK(mistral.max_position_embeddings == 4096);
  CHECK((!mistral.bias.projections && !mistral.bias.attention_output && !mistral.bias.ffn));
  CHECK_THAT(error_of(R"({"model_type": "mistral", "vocab_size": 100})", {"train_input.max_sequence_length=4097"}),
             Contains("sliding_window") || Contains("max_position_embeddings"));
}

TEST_CASE("GPT-NeoX and GPT-J: parallel blocks, a part of each head turned") {
  const sw::TransformerConfig neox = model_of(
      R"({"model_type": "gpt_neox", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2,
          "intermediate_size": 96, "vocab_size": 100})");
  CHECK((neox.parallel && neox.ffn_norm && neox.bias.projections && !neox.bias.output));
  CHECK(neox.rotary.features == 4);
  CHECK(neox.nonlinearity == "GELU");
  const sw::TransformerConfig gptj = model_of(
      R"({"model_type": "gptj", "n_embd": 64, "n_head": 4, "n_layer": 2, "rotary_dim": 8, "vocab_size": 100})");
  CHECK((gptj.parallel && !gptj.ffn_norm && !gptj.bias.projections && !gptj.bias.attention_output && gptj.bias.ffn &&
         gptj.bias.output));
  CHECK(gptj.rotary.features == 8);
  CHECK(gptj.filter_size == 256);
}

TEST_CASE("newer files have a section for the angles of positions") {
  const std::string llama = R"({"model_type": "llama", "vocab_size": 100, "rope_parameters": )";
  CHECK(model_of(llama + R"({"rope_theta": 500000.0, "rope_type": "default"}})").rotary.base == 500000);
  CHECK(model_of(llama + "null}").rotary.base == 10000);
  const sw::TransformerConfig neox = model_of(
      R"({"model_type": "gpt_neox", "hidden_size": 64, "num_attention_heads": 4, "vocab_size": 100,
          "rope_parameters": {"partial_rotary_factor": 0.5, "rope_theta": 500.0}})");
  CHECK((neox.rotary.base == 500 && neox.rotary.features == 8));
  const std::string error = error_of(llama + R"({"rope_type": "yarn", "rope_thta": 4}})");
  CHECK_THAT(error, Contains("rope_type is 'yarn'; allowed: default"));
  CHECK_THAT(error, Contains("unknown key rope_thta of rope_parameters; nearest: rope_theta"));
  CHECK_THAT(error_of(llama + "5}"), Contains("rope_parameters is '5'; allowed: a section"));
}

TEST_CASE("BERT: norms behind what they are added to, tied without a bias, of masked tokens alone") {
  const std::string small = R"({"model_type": "bert", "hidden_size": 64, "num_attention_heads": 4, "vocab_size": 100)";
  const sw::ModelFile file = read(small + R"(, "type_vocab_size": 2, "position_embedding_type": "absolute",
      "gradient_checkpointing": false, "directionality": "bidi", "pooler_type": "first_token_transform",
      "id2label": {"0": "LABEL_0"}, "pad_token_id": 0, "architectures": ["BertForMaskedLM"]})");
  const sw::TransformerConfig& model = *file.config.model.transformer();
  CHECK(model.family == sw::TransformerFamily::encoder);
  CHECK((model.hidden_size == 64 && model.num_hidden_layers == 12 && model.filter_size == 3072));
  CHECK(model.max_position_embeddings == 512);
  CHECK(model.nonlinearity == "GELU");
  CHECK(model.norm_epsilon == 1e-12);
  CHECK((model.dropout.residual == 0.1 && model.dropout.embedding == 0.1 && model.dropout.attention == 0.1));
  CHECK((model.tied && !model.bias.output && model.encoder.mlm_bias && !model.encoder.norm_first &&
         model.embedding_norm));
  CHECK(model.initializer.added.std == 0.02);
  CHECK(file.config.train_input.text.max_sequence_length == 512);
  std::string notes;
  for (const std::string& note : file.notes) notes += note + "\n";
  CHECK(model.encoder.segments == 2);
  CHECK_THAT(notes,
             Contains("the output layer has no bias beside the table") && Contains("train_input.masked_lm_prob=0.15"));
  const sw::TransformerConfig untied = model_of(small + R"(, "tie_word_embeddings": false, "hidden_act": "gelu_new"})");
  CHECK((!untied.tied && untied.bias.output && untied.nonlinearity == "GELU_tanh"));
  CHECK(untied.encoder.segments == 2);
  CHECK_FALSE(untied.encoder.next_sentences);
  const sw::TransformerConfig pretrained = model_of(small + R"(, "architectures": ["BertForPreTraining"]})");
  CHECK((pretrained.encoder.next_sentences && pretrained.encoder.pooler_nonlinearity == "Tanh"));
  CHECK(model_of(small + R"(, "type_vocab_size": 1})").encoder.segments == 1);
  CHECK_THAT(error_of(small + R"(, "architectures": "BertForPreTraining"})"),
             Contains("architectures is 'BertForPreTraining'; allowed: a list of names"));
  CHECK_THAT(error_of(small + R"(, "type_vocab_size": 0})"),
             Contains("type_vocab_size is '0'; allowed: a whole number, 1 to 65535"));
  CHECK_THAT(error_of(small + R"(, "position_embedding_type": "relative_key", "is_decoder": true})"),
             Contains("position_embedding_type is 'relative_key'; allowed: absolute") &&
                 Contains("is_decoder is 'true'; allowed: false"));
}

TEST_CASE("what is set unasked for a text goes with the text, and what a flag says stays") {
  const std::string bert = R"({"model_type": "bert", "hidden_size": 64, "num_attention_heads": 4})";
  const std::string hdf5 = "train_input.data_processor=hdf5";
  const sw::ModelFile file = read(bert, {hdf5});
  CHECK(file.config.train_input.data_processor == "hdf5");
  CHECK_THAT(error_of(bert, {hdf5, "train_input.tokenizer=characters"}), Contains("train_input.tokenizer"));
  CHECK_THAT(error_of(bert, {"train_input.masked_lm_prob=0.15", hdf5}), Contains("train_input.masked_lm_prob"));
  for (const std::string& note : file.notes) CHECK_THAT(note, !Contains("tokenizer") && !Contains("masked_lm_prob"));
}

TEST_CASE("a note on what was set unasked stands as long as that, and none contradicts --set") {
  const auto notes = [](const std::string& json, const std::vector<std::string>& overrides) {
    std::string text;
    for (const std::string& note : sw::parse_model(json, "config.json", overrides).notes) text += note + "\n";
    return text;
  };
  const std::string bert = R"({"model_type": "bert", "hidden_size": 64, "num_attention_heads": 4})";
  const std::string advice = "untied it has with --set model.share_embedding_weights=false";
  CHECK_THAT(notes(bert, {}), Contains("tie_word_embeddings true: model.use_output_bias_in_mlm=false, the output "
                                       "layer has no bias") &&
                                  Contains(advice));
  CHECK_THAT(notes(bert, {"model.share_embedding_weights=false"}), Contains(advice));  // still without its bias
  CHECK_THAT(notes(bert, {"model.share_embedding_weights=false", "model.use_output_bias_in_mlm=true"}),
             !Contains("tie_word_embeddings"));
  const std::string gpt = R"({"model_type": "gpt2", "n_embd": 64, "n_head": 4, "torch_dtype": "bfloat16"})";
  CHECK_THAT(notes(gpt, {"train_input.batch_size=2", "trainer.init.precision.fp16_type=bfloat16"}),
             Contains("taken are train_input.data_processor=text") && !Contains("batch_size") &&
                 Contains("runconfig.num_epochs=3 (each with --set)") &&
                 Contains("torch_dtype has no effect here: masters are fp32, what is streamed is of model.fp16_type") &&
                 !Contains("fp16\n"));
}

TEST_CASE("what is wrong is told at once, by file, line and the name in the file, with the nearest") {
  const std::string error = error_of(
      "{\"model_type\": \"llama\",\n \"num_atention_heads\": 8,\n \"hidden_act\": "
      "\"relu\",\n \"rope_scaling\": {\"type\": \"linear\"},\n \"head_dim\": 7,\n "
      "\"num_key_value_heads\": 5}");
  CHECK_THAT(error, Contains("config.json:2:2: unknown key num_atention_heads of model_type llama") &&
                        Contains("num_attention_heads"));
  CHECK_THAT(error, Contains("config.json:3:16: hidden_act is 'relu'; allowed: silu"));
  CHECK_THAT(error, Contains("rope_scaling is a section; allowed: null"));
  CHECK_THAT(error, Contains("head_dim is '7'; allowed: 128, hidden_size / num_attention_heads"));
  CHECK_THAT(error, Contains("num_key_value_heads is '5'; does not divide num_heads, 32"));
}

TEST_CASE("n_head that does not divide, sequences beyond the positions, and models that are not there") {
  CHECK_THAT(error_of(gpt2 + R"(, "n_head": 5})"), Contains("n_head"));
  CHECK_THAT(error_of(R"({"model_type": "gpt2", "n_embd": 64, "n_head": 5, "tie_word_embeddings": false})"),
             Contains("n_head is '5'; does not divide hidden_size, 64"));
  CHECK_THAT(error_of(gpt2 + "}", {"train_input.max_sequence_length=33"}),
             Contains("n_positions is '32'; train_input.max_sequence_length is 33"));
  CHECK_THAT(
      error_of(R"({"model_type": "gptneox"})"),
      Contains("model_type is 'gptneox'; allowed: gpt2, gpt_neox, gptj, llama, mistral, bert") && Contains("gpt_neox"));
}

TEST_CASE("every key is told once for each model, and what it becomes is a key of model files") {
  for (const std::string& type : sw::huggingface_models()) {
    std::vector<std::string> keys;
    for (const sw::HuggingFaceKey& row : sw::huggingface_keys()) {
      const std::string models = " " + std::string(row.models) + " ";
      if (!row.models.empty() && models.find(" " + type + " ") == std::string::npos) continue;
      CAPTURE(type, std::string(row.key));
      CHECK(std::count(keys.begin(), keys.end(), std::string(row.key)) == 0);
      keys.emplace_back(row.key);
      const std::string becomes(row.becomes);
      if (becomes.empty()) continue;
      const std::string first = becomes.substr(0, becomes.find(' '));
      const auto& known = sw::model_keys();
      CHECK(std::any_of(known.begin(), known.end(), [&](const sw::ModelKey& key) { return key.path == first; }));
    }
    CHECK(keys.size() > 20);
  }
}
