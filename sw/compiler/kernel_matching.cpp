#include "sw/compiler/kernel_matching.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "hw/spec/kernel_table.h"
#include "sw/graph/backward_graph.h"
#include "tlm/base/error.h"

namespace weft::sw {

using hw::KernelKind;

namespace {

constexpr const char* model_input = "the model's input";

/// The operations that a kernel does, each reading only the one before it.
struct Pattern {
  Pass pass;
  std::vector<std::string> types;
  std::vector<std::string> after;  ///< what makes that which the first one reads; empty: anything
  std::optional<KernelKind> kind;
};

std::vector<Pattern> all_patterns() {
  std::vector<Pattern> all = {
      {Pass::forward, {"Linear"}, {model_input}, KernelKind::matmul_forward},
      {Pass::forward, {"SoftmaxCrossEntropy"}, {"Linear"}, KernelKind::softmax_loss},
      {Pass::delta, {"SoftmaxCrossEntropy"}, {}, std::nullopt},
      {Pass::delta, {"Linear"}, {}, KernelKind::matmul_delta},
      {Pass::gradient, {"Linear"}, {}, KernelKind::matmul_gradient},
  };
  // Dropout is done by the activation's kernel.
  for (const hw::Kernel& row : hw::kernels) {
    if (row.operation == nullptr) continue;
    if (row.role == hw::KernelRole::forward) {
      all.front().after.emplace_back(row.operation);
      all.push_back({Pass::forward, {row.operation, "Dropout"}, {"Linear"}, row.kind});
      all.push_back({Pass::forward, {row.operation}, {"Linear"}, row.kind});
    } else {
      all.push_back({Pass::delta, {"Dropout", row.operation}, {}, row.kind});
      all.push_back({Pass::delta, {row.operation}, {}, row.kind});
    }
  }
  all.front().after.emplace_back("Dropout");
  return all;
}

/// Of two that fit, the first one is taken.
const std::vector<Pattern>& patterns() {
  static const std::vector<Pattern> all = all_patterns();
  return all;
}

std::string forms() {
  std::string text = "kernels do:";
  for (const Pattern& pattern : patterns())
    if (pattern.pass == Pass::forward)
      text += fmt::format("\n  {}: {} after {}", hw::kernel_name(*pattern.kind), fmt::join(pattern.types, " + "),
                          fmt::join(pattern.after, ", "));
  return text;
}

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
  std::vector<int> fit(const Pattern& pattern, int place) const;
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
  std::map<std::string, int>& layers_;  ///< by operation's name: a matrix product's own, else of what it reads
  std::map<std::string, int> makers_;
  std::map<std::string, std::vector<int>> readers_;
  int products_ = 0;
};

/// The places of the operations, or none.
std::vector<int> Matcher::fit(const Pattern& pattern, int place) const {
  std::vector<int> places;
  for (const std::string& type : pattern.types) {
    if (!places.empty()) {
      const auto readers = readers_.find(at(place).outputs.front());
      if (readers == readers_.end() || readers->second.size() != 1) return {};
      place = readers->second.front();
    }
    if (at(place).type != type || at(place).pass != pattern.pass) return {};
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
  std::string left = graph_.inputs.empty() ? "" : graph_.inputs.front().name;  // by the kernel before
  for (int place = 0; place < static_cast<int>(graph_.operations.size()); ++place) {
    if (done.count(place) > 0) continue;
    MatchedKernel kernel;
    for (const Pattern& pattern : patterns()) {
      kernel = {fit(pattern, place), pattern.kind};
      if (!kernel.operations.empty()) break;
    }
    const Operation& operation = at(place);
    if (kernel.operations.empty()) {
      missing.push_back(told(operation) + ": no kernel does it there");
      left = operation.outputs.front();
      continue;
    }
    if (operation.pass == Pass::forward && operation.inputs.front() != left)
      missing.push_back(
          fmt::format("{}: the kernel before it leaves {}, and none takes another tensor", told(operation), left));
    for (const int each : kernel.operations) done.insert(each);
    left = at(kernel.operations.back()).outputs.front();
    if (operation.pass == Pass::forward) {
      const bool product = kernel.kind && hw::consumes_weights(*kernel.kind);
      const auto before = makers_.find(operation.inputs.front());
      const int layer = product ? products_++ : before == makers_.end() ? 0 : layers_[at(before->second).name];
      for (const int each : kernel.operations) layers_[at(each).name] = layer;
    }
    kernel.layer = layers_[operation.name];
    matched.push_back(std::move(kernel));
  }
  return matched;
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
    throw UsageError(fmt::format("{}{}\n{}", shown, fmt::join(matching.missing, "\n"), forms()));
}

Matching match_kernels(const OperationGraph& forward) {
  Matching matching = cover_with_kernels(forward);
  require_kernels(matching);
  return matching;
}

}  // namespace weft::sw
