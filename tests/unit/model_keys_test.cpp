// Question: does the table of keys say what reading does, and does docs/model_files.md say what the table says?
#include "sw/frontend/model_keys.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "sw/frontend/key_rows.h"
#include "sw/graph/model_file.h"
#include "sw/graph/model_page.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;

namespace {

const std::string kBase = R"(
train_input: {batch_size: 32}
model: {name: n, hidden_sizes: [24]}
optimizer: {optimizer_type: sgd, learning_rate: 0.1}
runconfig: {max_steps: 2}
)";

bool is_of_transformer(const std::string& path) {
  const auto& rows = sw::transformer_key_rows();
  return std::any_of(rows.begin(), rows.end(), [&](const sw::KeyRow& row) { return row.path == path; });
}

/// What must be there besides for a key to be read at all.
std::vector<std::string> context_of(const std::string& path) {
  const std::string key = path.substr(path.find('.') + 1);
  const std::vector<std::string> text = {"train_input.data_processor=text", "model.input_features=80",
                                         "train_input.max_sequence_length=8"};
  if (key == "tokenizer" || key == "max_sequence_length" || key == "held_out") return text;
  if (key == "vocabulary_dir") return {text[0], text[1], text[2], "train_input.tokenizer=gpt2"};
  if (key == "samples") return {"train_input.data_processor=synthetic", "model.input_features=5"};
  if (key == "depth" || key == "hidden_size")
    return {"model.hidden_sizes=null", "model.depth=2", "model.hidden_size=8"};
  if (key == "betas" || key == "eps") return {"optimizer.optimizer_type=adam"};
  if (key == "beta1" || key == "beta2")
    return {"optimizer.optimizer_type=adam", "optimizer.beta1=0.5", "optimizer.beta2=0.5"};
  if (key == "initial_loss_scale" || key == "min_loss_scale" || key == "max_loss_scale" || key == "steps_per_increase")
    return {"optimizer.loss_scaling_factor=dynamic"};
  if (key == "sparsity_seed") return {"model.sparsity=0.5"};
  const std::vector<std::string> of_bert{"encoder_nonlinearity", "norm_first",         "mlm_nonlinearity",
                                         "use_ffn_bias_in_mlm",  "disable_nsp",        "use_output_bias_in_mlm",
                                         "mlm_loss_scaling",     "masked_lm_prob",     "max_predictions_per_seq",
                                         "num_segments",         "pooler_nonlinearity"};
  if (std::find(of_bert.begin(), of_bert.end(), key) != of_bert.end())
    return {"train_input.data_processor=text", "train_input.max_sequence_length=8",
            "model={model_name: bert, vocab_size: 9, hidden_size: 8, num_hidden_layers: 1, num_heads: 2, "
            "filter_size: 16, share_embedding_weights: false" +
                std::string(key == "disable_nsp"           ? "}"
                            : key == "pooler_nonlinearity" ? ", disable_nsp: false}"
                                                           : ", disable_nsp: true}")};
  if (is_of_transformer(path))
    return {"train_input.data_processor=text", "train_input.max_sequence_length=8",
            "model={vocab_size: 9, hidden_size: 8, num_hidden_layers: 1, num_heads: 2, filter_size: 16, "
            "share_embedding_weights: false}"};
  return {};
}

std::string error_with(std::vector<std::string> overrides, const std::string& last) {
  overrides.push_back(last);
  try {
    sw::parse_model(kBase, "base.yaml", overrides);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("what the table says is allowed is what an error says") {
  for (const sw::ModelKey& key : sw::model_keys()) {
    if (key.use != sw::KeyUse::honoured || key.values == "a text") continue;
    CAPTURE(key.path, key.values);
    const bool is_words = (key.values.find("a ") != 0 && key.values.find("true or false") != 0) ||
                          key.path == "optimizer.learning_rate";  // which may be a section
    // No number, no word, no list of anything: as a list for numbers, as an unknown word else.
    const std::string error = error_with(context_of(key.path), key.path + (is_words ? "=xyzzy" : "={xyzzy: 1}"));
    CHECK_THAT(error, Contains(key.path + " is"));
    CHECK_THAT(error, Contains(sw::told_values(key)));
  }
}

TEST_CASE("the table's defaults are those that are read") {
  for (const sw::ModelKey& key : sw::model_keys()) {
    if (key.use != sw::KeyUse::honoured || key.fallback.empty()) continue;
    if (key.path == "optimizer.beta1" || key.path == "optimizer.beta2") continue;  // betas tells them
    CAPTURE(key.path);
    std::vector<std::string> overrides = context_of(key.path);
    overrides.push_back(key.path + "=null");
    const auto values = sw::parse_model(kBase, "base.yaml", overrides).values;
    std::string found;
    for (const ResolvedValue& value : values)
      if (value.path == key.path && value.origin == "default") found = value.value;
    CHECK(found == key.fallback);
  }
}

TEST_CASE("every spelling is one key's, and every key without effect is accepted and named") {
  std::set<std::string> paths;
  for (const sw::ModelKey& key : sw::model_keys()) {
    CHECK(paths.insert(key.path).second);
    for (const std::string& spelling : key.spellings) {
      CAPTURE(spelling);
      CHECK(paths.insert(spelling).second);
    }
    if (key.use != sw::KeyUse::no_effect) continue;
    std::vector<std::string> spelled = key.spellings;
    spelled.push_back(key.path);
    for (const std::string& spelling : spelled) {
      if (spelling.find("csx.performance") != std::string::npos) continue;  // a name with dots is no path of a flag
      CAPTURE(spelling);
      const auto notes = sw::parse_model(kBase, "base.yaml", {spelling + "=7"}).notes;
      REQUIRE(notes.size() == 1);
      CHECK_THAT(notes[0], Contains(spelling + " has no effect here: " + key.text));
    }
  }
}

TEST_CASE("a value that is the only one passes, another is refused with the reason") {
  for (const sw::ModelKey& key : sw::model_keys()) {
    if (key.use == sw::KeyUse::refused)
      CHECK_THAT(error_with({}, key.path + "=a.mdl"), Contains(key.path + " is 'a.mdl'") && Contains(key.text));
    if (key.use != sw::KeyUse::only) continue;
    CAPTURE(key.path);
    CHECK(error_with({}, key.path + "=" + key.values).empty());
    CHECK_THAT(error_with({}, key.path + "=" + (key.values == "true" ? "false" : "true")),
               Contains("allowed: " + key.values) && Contains(key.text));
  }
}

TEST_CASE("docs/model_files.md is the page of the table") {
  std::ifstream file(test::source_path("docs/model_files.md"));
  const std::string kept{std::istreambuf_iterator<char>(file), {}};
  CHECK(kept == sw::model_page());  // weft keys > docs/model_files.md
}
