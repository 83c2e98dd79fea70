#include "sw/compiler/kernel_matching.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "sw/graph/backward_graph.h"
#include "sw/graph/operation_types.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

constexpr const char* model_input = "the model's input";

class Matcher {
 public:
  Matcher(const OperationGraph& graph, std::map<std::string, int>& layers) : graph_(graph), layers_(layers) {
    for (std::size_t place = 0; place < graph.operations.size(); ++place) {
      for (const std::string& tensor : graph.operations[place].outputs) makers_[tensor] = static_cast<int>(place);
      for (const std::string& tensor : graph.operations[place].inputs)
        readers_[tensor].push_back(static_cast<int>(place));
    }
  }

  std::vector<MatchedKernel> match(std::vector<std::string>& missing);

 private:
  std::vector<int> fit(const KernelPattern& pattern, int place) const;
  int layer_of(const MatchedKernel& kernel);
  void check_attention(int place, std::vector<std::string>& missing) const;
  /// The place of the one operation that reads what that at `place` makes; -1: none or several do.
  int only_reader(int place) const {
    const auto readers = readers_.find(at(place).outputs.front());
    return readers != readers_.end() && readers->second.size() == 1 ? readers->second.front() : -1;
  }
  const Operation& at(int place) const { return graph_.operations[static_cast<std::size_t>(place)]; }
  std::string maker_type(const std::string& tensor) const {
    const auto maker = makers_.find(tensor);
    return maker == makers_.end() ? model_input : at(maker->second).type;
  }
  std::string told(const Operation& operation) const {
    std::vector<std::string> reads;
    for (const std::string& tensor : operation.inputs)
      reads.push_back(makers_.count(tensor) > 0 ? fmt::format("{} of {}", tensor, maker_type(tensor)) : tensor);
    return fmt::format("operation {} ({}, reads {})", operation.name, operation.type, fmt::join(reads, " and "));
  }

  const OperationGraph& graph_;
  std::map<std::string, int>& layers_;  ///< of forward operations and tensors, and of the tensors' deltas
  std::map<std::string, int> makers_;
  int count_ = 0;          ///< of layers
  std::set<int> dropped_;  ///< layers with a dropout
  int losses_ = 0, sample_losses_ = 0;
  std::map<std::string, std::vector<int>> readers_;
};

/// The places of the operations, or none.
std::vector<int> Matcher::fit(const KernelPattern& pattern, int place) const {
  std::vector<int> places;
  if (pattern.with && at(place).attribute(pattern.with) == 0) return {};
  for (const std::string& type : pattern.types) {
    if (!places.empty()) {
      const auto readers = readers_.find(at(place).outputs.front());
      if (readers == readers_.end() || readers->second.size() != 1) return {};
      place = readers->second.front();
    }
    if (at(place).type != type || at(place).pass != pattern.pass || at(place).of_input != pattern.of_input) return {};
    places.push_back(place);
  }
  const std::string before = maker_type(at(places.front()).inputs.front());
  const bool stands =
      pattern.after.empty() || std::find(pattern.after.begin(), pattern.after.end(), before) != pattern.after.end();
  return stands ? places : std::vector<int>{};
}

std::vector<MatchedKernel> Matcher::match(std::vector<std::string>& missing) {
  std::vector<MatchedKernel> matched;
  std::set<int> done;
  for (int place = 0; place < static_cast<int>(graph_.operations.size()); ++place) {
    if (done.count(place) > 0) continue;
    MatchedKernel kernel;
    for (const KernelPattern& pattern : kernel_patterns()) {
      kernel = {fit(pattern, place), &pattern};
      if (!kernel.operations.empty()) break;
    }
    // A launch belongs to the layer that makes what it reads.
    const bool of_input = at(place).type == "Dropout" && at(place).pass == Pass::forward &&
                          maker_type(at(place).inputs.front()) == model_input;
    if (kernel.operations.empty() || of_input) {
      missing.push_back(told(at(place)) + ": no kernel does it there");
      continue;
    }
    if (type_of(at(place)).is_loss && at(place).pass == Pass::forward) {
      int& losses = is_of_samples(at(place)) ? sample_losses_ : losses_;
      if (losses++ > 0) missing.push_back(told(at(place)) + ": a model has one loss, and one of whole samples");
      const auto& all = graph_.operations;
      const auto names = [&](const Operation& other) {
        return other.type == "Embedding" && other.inputs.front() == at(place).inputs[1];
      };
      if (is_of_samples(at(place)) && std::none_of(all.begin(), all.end(), names))
        missing.push_back(told(at(place)) + ": its label is an id, and no table reads ids there");
      const std::string& logits = at(place).inputs.front();
      if (readers_.at(logits).size() > 1)
        missing.push_back(fmt::format("{}: {} is fp32, which only the loss can read", told(at(place)), logits));
    }
    if (at(place).type == "AttentionScores" && at(place).pass == Pass::forward) check_attention(place, missing);
    done.insert(kernel.operations.begin(), kernel.operations.end());
    kernel.layer = layer_of(kernel);
    for (const int each : kernel.operations)
      if (dropout_of(at(each)) > 0 && at(each).pass == Pass::forward && !dropped_.insert(kernel.layer).second)
        missing.push_back(told(at(each)) + ": what is dropped there was dropped before");
    matched.push_back(std::move(kernel));
  }
  if (sample_losses_ > losses_) missing.emplace_back("a loss of whole samples stands beside one of their tokens");
  return matched;
}

/// Scores and probabilities lie in the rectangles of their heads and have no layer but that of the scores.
void Matcher::check_attention(int place, std::vector<std::string>& missing) const {
  const Operation& scores = at(place);
  for (const char* const next : {"AttentionSoftmax", "AttentionValues"}) {
    const int before = place;
    place = only_reader(place);
    if (place >= 0 && at(before).type == "AttentionSoftmax" && at(place).type == "Dropout") place = only_reader(place);
    const std::string& made = at(before).outputs.front();
    if (place < 0 || at(place).type != next) {
      missing.push_back(fmt::format("{}: {} lies by heads, where one {} alone can read it", told(scores), made, next));
      return;
    }
    if (at(place).attribute("sequence") != scores.attribute("sequence"))
      missing.push_back(fmt::format("{}: sequences of {} tokens; those of {} have {}", told(at(place)),
                                    at(place).attribute("sequence"), scores.name, scores.attribute("sequence")));
    if (queries_to_a_head(at(place)) != queries_to_a_head(scores))
      missing.push_back(fmt::format("{}: {} heads of queries to one of keys; {} has {}", told(at(place)),
                                    queries_to_a_head(at(place)), scores.name, queries_to_a_head(scores)));
  }
  if (at(place).output_features != scores.input_features)
    missing.push_back(fmt::format("{}: values of {} features; the queries of {} have {}", told(at(place)),
                                  at(place).output_features, scores.name, scores.input_features));
}

// Operations of the backward pass have the forward ones' names; a sum of deltas has its own and that of what it makes.
int Matcher::layer_of(const MatchedKernel& kernel) {
  const Operation& first = at(kernel.operations.front());
  if (const auto known = layers_.find(first.name); known != layers_.end()) return known->second;
  const auto read = layers_.find(first.inputs.front());
  const int layer = kernel.pattern->own_layer ? count_++ : read == layers_.end() ? 0 : read->second;
  for (const int each : kernel.operations) {
    layers_[at(each).name] = layer;
    for (const std::string& tensor : at(each).outputs) layers_[tensor] = layers_[delta_name(tensor)] = layer;
  }
  return layer;
}

}  // namespace

Matching cover_with_kernels(const OperationGraph& forward) {
  Matching matching{forward, backward_graph(forward), {}, {}, {}};
  std::map<std::string, int> layers;
  matching.forward_kernels = Matcher(matching.forward, layers).match(matching.missing);
  matching.backward_kernels = Matcher(matching.backward, layers).match(matching.missing);
  return matching;
}

void require_kernels(const Matching& matching, const std::string& shown) {
  if (!matching.missing.empty())
    throw UsageError(fmt::format("{}{}\n{}", shown, fmt::join(matching.missing, "\n"), pattern_forms()));
}

Matching match_kernels(const OperationGraph& forward) {
  Matching matching = cover_with_kernels(forward);
  require_kernels(matching);
  return matching;
}

}  // namespace weft::sw
