#include "sw/frontend/huggingface_style.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

std::vector<std::string> words_in(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> all;
  for (std::string word; stream >> word;) all.push_back(word);
  return all;
}

std::string close_to(const std::string& name, const std::vector<std::string>& known) {
  const std::optional<std::string> found = nearest(name, known);
  return found ? "; nearest: " + *found : "";
}

double number_of(const YamlTree& value) { return value.is_scalar() ? std::strtod(value.scalar.c_str(), nullptr) : 0; }

class HuggingFaceModel {
 public:
  HuggingFaceModel(YamlSource& source, std::vector<std::string>& notes, std::vector<StandingNote>& standing)
      : source_(source), notes_(notes), standing_(standing), config_(std::move(source.root())) {
    source.root() = YamlTree();
    type_ = config_.at("model_type").scalar;
  }

  void translate() {
    const std::vector<std::string>& known = huggingface_models();
    if (std::find(known.begin(), known.end(), type_) == known.end()) {
      const YamlTree& type = *config_.find("model_type");
      throw UsageError(fmt::format("{}: model_type is {}; allowed: {}{}", source_.where(type), written(type),
                                   fmt::join(known, ", "), close_to(type_, known)));
    }
    unfold_positions();
    for (const HuggingFaceKey& row : huggingface_keys())
      if (is_mine(row)) take(row);
    derive();
    report_unknown();
    train_as_trainer_does();
  }

 private:
  bool is_mine(const HuggingFaceKey& row) const {
    const std::vector<std::string> models = words_in(row.models);
    return models.empty() || std::find(models.begin(), models.end(), type_) != models.end();
  }
  /// What is written under a row's key, or its fallback; a null is as good as not written.
  YamlTree value_of(const HuggingFaceKey& row) const {
    const YamlTree* written = config_.find(std::string(row.key));
    if (written && !written->is_null()) return *written;
    YamlTree value;
    if (row.fallback.empty()) return value;
    value.kind = YamlTree::Kind::scalar;
    value.scalar = row.fallback;
    value.path = row.key;
    return value;
  }
  void take(const HuggingFaceKey& row) {
    const std::string key(row.key);
    const YamlTree* written_there = config_.find(key);
    const bool is_written = written_there && !written_there->is_null();
    if (row.use == KeyUse::no_effect) {
      if (is_written)
        notes_.push_back(fmt::format("{}: {} has no effect here: {}", source_.where(*written_there), key, row.text));
      return;
    }
    if (row.use == KeyUse::only) {
      if (is_written && !(written_there->is_scalar() && written_there->scalar == row.fallback))
        reject(*written_there, key, fmt::format("allowed: {}; {}", row.fallback, row.text));
      return;
    }
    const YamlTree value = value_of(row);
    if (value.is_null()) return;
    for (const std::string& path : words_in(row.becomes)) set(path, value);
  }

  YamlTree& at(const std::string& path) {
    const std::size_t dot = path.find('.');
    return source_.root().at(path.substr(0, dot)).at(path.substr(dot + 1));
  }
  void set(const std::string& path, const YamlTree& value) { at(path) = value; }
  void set(const std::string& path, const std::string& text, const YamlTree& from = {}) {
    YamlTree value = from;
    value.kind = YamlTree::Kind::scalar;
    value.scalar = text;
    set(path, value);
  }
  double number_at(const std::string& path) { return number_of(at(path)); }

  /// Newer files have a section for what older ones have keys for.
  void unfold_positions() {
    const YamlTree* section = config_.find("rope_parameters");
    if (!section || section->is_null()) return;
    if (!section->is_map()) return reject(*section, "rope_parameters", "allowed: a section of rope_theta");
    const std::map<std::string, std::string> known = turned_names();
    std::vector<std::string> names{"rope_type"};
    for (const auto& [name, key] : known) names.push_back(name);
    const std::vector<YamlEntry> entries = section->entries;
    for (const YamlEntry& entry : entries) {
      const auto key = known.find(entry.key);
      if (key != known.end()) {
        const YamlTree* other = config_.find(key->second);
        if (other && !other->is_null() && number_of(*other) != number_of(entry.value))
          reject(*other, key->second, fmt::format("rope_parameters says {}", written(entry.value)));
        config_.at(key->second) = entry.value;
      } else if (entry.key != "rope_type") {
        source_.add_error(entry.key_place,
                          fmt::format("{}: unknown key {} of rope_parameters{}", source_.where(entry.key_place),
                                      entry.key, close_to(entry.key, names)));
      } else if (entry.value.scalar != "default") {
        reject(entry.value, "rope_type", "allowed: default; positions are turned by their own angle");
      }
    }
  }
  std::map<std::string, std::string> turned_names() const {
    if (type_ == "gpt_neox") return {{"rope_theta", "rotary_emb_base"}, {"partial_rotary_factor", "rotary_pct"}};
    return {{"rope_theta", "rope_theta"}};
  }

  // What no key says, or not alone.
  void derive() {
    set("model.model_name", type_ == "gpt2" || type_ == "bert"       ? type_
                            : type_ == "llama" || type_ == "mistral" ? "llama"
                                                                     : "gpt");
    const double width = number_at("model.hidden_size"), heads = std::max(1.0, number_at("model.num_heads"));
    if (at("model.filter_size").is_null()) set("model.filter_size", fmt::format("{:g}", 4 * width));
    if (type_ == "bert") predict_masked();
    if (type_ != "gpt2" && type_ != "bert") set("model.position_embedding_type", "rotary");
    if (type_ == "llama" || type_ == "mistral") {
      set("model.nonlinearity", "swiglu");
      set("model.norm_type", "rmsnorm");
      if (type_ == "mistral")
        for (const char* key : {"use_projection_bias_in_attention", "use_ffn_bias_in_attention", "use_ffn_bias"})
          set(fmt::format("model.{}", key), "false");
      check_head_size(width / heads);
    }
    if (type_ == "gptj") {
      for (const char* key : {"use_projection_bias_in_attention", "use_ffn_bias_in_attention", "use_untied_layer_norm"})
        set(fmt::format("model.{}", key), "false");
      for (const char* key : {"use_bias_in_output", "use_parallel_residual"}) set(fmt::format("model.{}", key), "true");
    }
    if (type_ == "gpt_neox") turn_share(width / heads);
    if (type_ == "mistral") shorten();
    // As these models are published; GPT-2 alone makes what a block adds smaller.
    set("model.initializer", "normal");
    if (type_ != "gpt2") set("model.output_layer_initializer", "normal");
    name_activation();
  }
  /// Of masked tokens, and of next sentences where the file says that it has them. A tied output layer has no bias
  /// here, theirs has one.
  void predict_masked() {
    const YamlTree* architectures = config_.find("architectures");
    if (architectures && !architectures->is_null() && !architectures->is_list())
      reject(*architectures, "architectures", "allowed: a list of names, [BertForMaskedLM] or [BertForPreTraining]");
    const bool pretrains =
        architectures && std::any_of(architectures->entries.begin(), architectures->entries.end(),
                                     [](const auto& name) { return name.value.scalar == "BertForPreTraining"; });
    set("model.disable_nsp", pretrains ? "false" : "true");
    if (pretrains) set("model.pooler_nonlinearity", "tanh");
    if (at("model.share_embedding_weights").scalar != "true") return;
    set("model.use_output_bias_in_mlm", "false");
    standing_.push_back({fmt::format("{}: tie_word_embeddings true: ", source_.where(YamlPlace())),
                         {{"model.use_output_bias_in_mlm", "false"}},
                         ", the output layer has no bias beside the table; untied it has with --set "
                         "model.share_embedding_weights=false --set model.use_output_bias_in_mlm=true"});
  }
  void check_head_size(double features) {
    const YamlTree* head = config_.find("head_dim");
    if (head && !head->is_null() && number_of(*head) != features)
      reject(*head, "head_dim", fmt::format("allowed: {:g}, hidden_size / num_attention_heads", features));
  }
  void turn_share(double features) {
    const YamlTree* share = config_.find("rotary_pct");
    const bool is_written = share && !share->is_null();
    const double turned = std::floor((is_written ? number_of(*share) : 0.25) * features);
    set("model.rotary_dim", fmt::format("{:g}", turned), is_written ? *share : YamlTree());
  }
  void shorten() {
    const YamlTree* window = config_.find("sliding_window");
    if (window && window->is_null()) return;
    const double reach = window ? number_of(*window) : 4096;
    if (reach >= number_at("model.max_position_embeddings")) return;
    set("model.max_position_embeddings", fmt::format("{:g}", reach), window ? *window : YamlTree());
    notes_.push_back(fmt::format("{}: sliding_window {:g}: sequences are no longer than it, so that it hides nothing",
                                 window ? source_.where(*window) : source_.where(YamlPlace()), reach));
  }
  void name_activation() {
    YamlTree& name = at(type_ == "bert" ? "model.encoder_nonlinearity" : "model.nonlinearity");
    for (const char* other : {"gelu_pytorch_tanh", "gelu_fast"})
      if (name.scalar == other) name.scalar = "gelu_tanh";
  }

  void report_unknown() {
    std::vector<std::string> known;
    for (const HuggingFaceKey& row : huggingface_keys())
      if (is_mine(row)) known.emplace_back(row.key);
    for (const YamlEntry& entry : config_.entries) {
      if (entry.value.is_null() || std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      source_.add_error(entry.key_place,
                        fmt::format("{}: unknown key {} of model_type {}{}", source_.where(entry.key_place), entry.key,
                                    type_, close_to(entry.key, known)));
    }
  }

  /// transformers.TrainingArguments, but for the rate, which there falls to 0 over all steps.
  void train_as_trainer_does() {
    constexpr double longest = 1024, words_of_gpt2 = 50257;
    const bool byte_pairs = (type_ == "gpt2" || type_ == "gptj") && number_at("model.vocab_size") >= words_of_gpt2;
    const std::string length = fmt::format("{:g}", std::min(longest, number_at("model.max_position_embeddings")));
    const std::string processor = "train_input.data_processor";
    std::vector<StandingSetting> settings{
        {processor, "text"},
        {"train_input.tokenizer", byte_pairs ? "gpt2" : "characters", processor},
        {"train_input.max_sequence_length", length},
        {"train_input.batch_size", "8"},
        {"optimizer.optimizer_type", "adamw"},
        {"optimizer.learning_rate", "5e-05"},
        {"optimizer.max_gradient_norm", "1"},
        {"runconfig.num_epochs", "3"},
    };
    if (type_ == "bert") settings.push_back({"train_input.masked_lm_prob", "0.15", processor});
    for (const StandingSetting& setting : settings) set(setting.path, setting.value);
    standing_.push_back({fmt::format("{}: says nothing of the training; taken are ", source_.where(YamlPlace())),
                         std::move(settings), " (each with --set)"});
  }

  void reject(const YamlTree& value, const std::string& key, const std::string& why) {
    source_.add_error(value.place, fmt::format("{}: {} is {}; {}", source_.where(value), key, written(value), why));
  }

  YamlSource& source_;
  std::vector<std::string>& notes_;
  std::vector<StandingNote>& standing_;
  YamlTree config_;
  std::string type_;
};

}  // namespace

bool is_huggingface(const YamlTree& root) {
  return root.find("model_type") != nullptr && root.find("model") == nullptr && root.find("trainer") == nullptr;
}

void translate_huggingface(YamlSource& source, std::vector<std::string>& notes, std::vector<StandingNote>& standing) {
  HuggingFaceModel(source, notes, standing).translate();
}

namespace {

/// Null if it no longer stands.
const YamlTree* standing(const StandingSetting& setting, const YamlTree& root) {
  const std::size_t dot = setting.path.find('.');
  const YamlTree* section = root.find(setting.path.substr(0, dot));
  const YamlTree* there = section ? section->find(setting.path.substr(dot + 1)) : nullptr;
  return there && there->is_scalar() && there->scalar == setting.value ? there : nullptr;
}

}  // namespace

void withdraw(const StandingNote& note, YamlTree& root) {
  for (const StandingSetting& setting : note.settings) {
    const auto needed = std::find_if(note.settings.begin(), note.settings.end(),
                                     [&](const StandingSetting& other) { return other.path == setting.only_with; });
    const YamlTree* there = standing(setting, root);
    if (needed == note.settings.end() || standing(*needed, root) || !there || there->place.flag) continue;
    const std::size_t dot = setting.path.find('.');
    root.at(setting.path.substr(0, dot)).erase(setting.path.substr(dot + 1));
  }
}

std::string text_of(const StandingNote& note, const YamlTree& root) {
  std::vector<std::string> stand;
  for (const StandingSetting& setting : note.settings)
    if (standing(setting, root)) stand.push_back(setting.path + "=" + setting.value);
  return stand.empty() ? "" : fmt::format("{}{}{}", note.before, fmt::join(stand, " "), note.after);
}

}  // namespace weft::sw
