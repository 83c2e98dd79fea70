// checked() of operation_graph.h.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "sw/graph/operation_graph.h"
#include "sw/graph/operation_types.h"
#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

std::string told(const Operation& operation) {
  return fmt::format("operation {} ({})", operation.name, operation.type);
}

std::string nearest_of(const std::string& name, const std::vector<std::string>& known) {
  const auto found = nearest(name, known);
  return found ? "; nearest: " + *found : "";
}

class GraphCheck {
 public:
  explicit GraphCheck(OperationGraph graph) : graph_(std::move(graph)) {}

  OperationGraph result() {
    declare_all();
    for (const Operation& operation : graph_.operations) {
      const std::size_t before = mistakes_.size();
      check_alone(operation);
      if (mistakes_.size() > before) bad_.insert(operation.name);
    }
    check_readers();
    sort();
    infer_shapes();
    check_shared();
    if (!mistakes_.empty()) throw UsageError(fmt::format("the model's graph:\n  {}", fmt::join(mistakes_, "\n  ")));
    return std::move(graph_);
  }

 private:
  static constexpr int model_input = -1;

  void declare_all();
  void check_alone(const Operation& operation);
  void check_attributes(const Operation& operation, const OperationType& type);
  void check_readers();
  void sort();
  void tell_cycles(const std::set<int>& waiting);
  void infer_shapes();
  void check_shared();
  std::vector<std::string> tensors() const;
  template <typename... Values>
  void mistake(fmt::format_string<Values...> text, Values&&... values) {
    mistakes_.push_back(fmt::format(text, std::forward<Values>(values)...));
  }

  OperationGraph graph_;
  std::map<std::string, int> makers_;  ///< of each tensor, the operation's place
  std::set<std::string> bad_;          ///< operations with mistakes of their own
  std::vector<std::string> mistakes_;
};

std::vector<std::string> GraphCheck::tensors() const {
  std::vector<std::string> names;
  for (const auto& [name, maker] : makers_) names.push_back(name);
  return names;
}

void GraphCheck::declare_all() {
  const auto declare = [this](const std::string& tensor, int maker) {
    if (!makers_.emplace(tensor, maker).second) mistake("tensor {}: is made twice", tensor);
  };
  for (const Tensor& input : graph_.inputs) declare(input.name, model_input);
  std::set<std::string> names;
  for (std::size_t place = 0; place < graph_.operations.size(); ++place) {
    const Operation& operation = graph_.operations[place];
    if (!names.insert(operation.name).second) mistake("{}: another one has this name", told(operation));
    for (const std::string& tensor : operation.outputs) declare(tensor, static_cast<int>(place));
  }
}

void GraphCheck::check_alone(const Operation& operation) {
  for (const std::string& tensor : operation.inputs)
    if (makers_.count(tensor) == 0)
      mistake("{}: reads {}, which nothing makes{}", told(operation), tensor, nearest_of(tensor, tensors()));
  if (operation.outputs.size() != 1)
    mistake("{}: makes {} tensors; allowed: 1", told(operation), operation.outputs.size());
  const OperationType* type = find_operation_type(operation.type);
  if (!type) {
    std::vector<std::string> known;
    for (const OperationType& other : operation_types()) known.emplace_back(other.name);
    mistake("{}: no such operation{}", told(operation), suggest(operation.type, known));
    return;
  }
  const auto count = static_cast<int>(operation.inputs.size());
  if (count < type->least_inputs || count > type->most_inputs)
    mistake("{}: reads {} tensors; allowed: {}", told(operation), count,
            type->least_inputs == type->most_inputs ? std::to_string(type->least_inputs)
                                                    : fmt::format("{} or more", type->least_inputs));
  check_attributes(operation, *type);
}

void GraphCheck::check_attributes(const Operation& operation, const OperationType& type) {
  std::vector<std::string> known;
  for (const AttributeRange& range : type.attributes) {
    known.emplace_back(range.name);
    const auto given = operation.attributes.find(range.name);
    if (given == operation.attributes.end()) {
      if (range.needed) mistake("{}: {} is missing", told(operation), range.name);
      continue;
    }
    const double value = given->second;
    const bool inside = value >= range.least && value <= range.most;
    if (!inside || (range.whole && value != std::floor(value)))
      mistake("{}: {}: {}; allowed: {} to {}{}", told(operation), range.name, value, range.least, range.most,
              range.whole ? ", whole" : "");
  }
  for (const auto& [name, value] : operation.attributes)
    if (std::find(known.begin(), known.end(), name) == known.end())
      mistake("{}: no attribute {}{}", told(operation), name, suggest(name, known));
}

void GraphCheck::check_readers() {
  std::set<std::string> read(graph_.outputs.begin(), graph_.outputs.end());
  for (const Operation& operation : graph_.operations) read.insert(operation.inputs.begin(), operation.inputs.end());
  for (const auto& [tensor, maker] : makers_)
    if (read.count(tensor) == 0) mistake("tensor {}: nothing reads it, and it is no output", tensor);
  if (graph_.outputs.empty()) mistake("no output");
  for (const std::string& output : graph_.outputs) {
    const auto maker = makers_.find(output);
    if (maker == makers_.end()) {
      mistake("output {}: nothing makes it{}", output, nearest_of(output, tensors()));
      continue;
    }
    const OperationType* type =
        maker->second == model_input
            ? nullptr
            : find_operation_type(graph_.operations[static_cast<std::size_t>(maker->second)].type);
    if (!type || !type->is_loss) mistake("output {}: is not made by a loss", output);
  }
}

void GraphCheck::sort() {
  const auto count = graph_.operations.size();
  std::vector<int> missing(count, 0);
  std::vector<std::vector<int>> readers(count);
  for (std::size_t place = 0; place < count; ++place)
    for (const std::string& tensor : graph_.operations[place].inputs) {
      const auto maker = makers_.find(tensor);
      if (maker == makers_.end() || maker->second == model_input) continue;
      ++missing[place];
      readers[static_cast<std::size_t>(maker->second)].push_back(static_cast<int>(place));
    }
  std::set<int> ready, waiting;
  for (std::size_t place = 0; place < count; ++place)
    (missing[place] == 0 ? ready : waiting).insert(static_cast<int>(place));
  std::vector<Operation> sorted;
  while (!ready.empty()) {
    const int next = *ready.begin();
    ready.erase(ready.begin());
    sorted.push_back(graph_.operations[static_cast<std::size_t>(next)]);
    for (const int reader : readers[static_cast<std::size_t>(next)])
      if (--missing[static_cast<std::size_t>(reader)] == 0) {
        waiting.erase(reader);
        ready.insert(reader);
      }
  }
  tell_cycles(waiting);
  graph_.operations = std::move(sorted);
}

/// `waiting`: operations on a cycle or behind one. Each reads another of them, so a walk against the reading ends in
/// a cycle.
void GraphCheck::tell_cycles(const std::set<int>& waiting) {
  std::map<int, int> walk_of;
  for (const int start : waiting) {
    std::vector<int> walk;
    int here = start;
    while (walk_of.emplace(here, start).second) {
      walk.push_back(here);
      for (const std::string& tensor : graph_.operations[static_cast<std::size_t>(here)].inputs) {
        const auto maker = makers_.find(tensor);
        if (maker == makers_.end() || waiting.count(maker->second) == 0) continue;
        here = maker->second;
        break;
      }
    }
    if (walk_of.at(here) != start || walk.empty()) continue;  // into an earlier walk
    std::vector<std::string> names;
    for (auto on = std::find(walk.begin(), walk.end(), here); on != walk.end(); ++on)
      names.push_back(graph_.operations[static_cast<std::size_t>(*on)].name);
    mistake("a cycle: each waits for the next: {}, {}", fmt::join(names, ", "), names.front());
  }
}

void GraphCheck::infer_shapes() {
  std::map<std::string, int> features;
  for (const Tensor& input : graph_.inputs) {
    features[input.name] = input.features;
    if (input.features < 1) mistake("input {}: {} features; allowed: from 1", input.name, input.features);
  }
  for (Operation& operation : graph_.operations) {
    std::vector<int> inputs;
    for (const std::string& tensor : operation.inputs) inputs.push_back(features[tensor]);
    const bool known = std::all_of(inputs.begin(), inputs.end(), [](int each) { return each > 0; });
    if (!known || bad_.count(operation.name) > 0) continue;  // told already
    const OperationType& type = type_of(operation);
    operation.input_features = inputs.front();
    operation.output_features = type.output_features(operation, inputs);
    if (operation.output_features == 0)
      mistake("{}: reads {} of {} features; allowed: {}", told(operation), fmt::join(operation.inputs, ", "),
              fmt::join(inputs, ", "), type.shapes);
    for (const std::string& tensor : operation.outputs) features[tensor] = operation.output_features;
  }
}

void GraphCheck::check_shared() {
  const auto shapes = [](const Operation& operation) {
    std::vector<std::string> all;
    for (const Parameter& parameter : type_of(operation).parameters(operation))
      all.push_back(fmt::format("[{}]", fmt::join(parameter.shape, ", ")));
    return fmt::format("{}", fmt::join(all, " and "));
  };
  std::vector<std::string> names;
  for (const Operation& operation : graph_.operations) names.push_back(operation.name);
  for (const Operation& operation : graph_.operations) {
    if (operation.shares.empty() || bad_.count(operation.name) > 0) continue;
    const auto owner = std::find_if(graph_.operations.begin(), graph_.operations.end(),
                                    [&](const Operation& other) { return other.name == operation.shares; });
    if (owner == graph_.operations.end()) {
      mistake("{}: shares the parameters of {}, which is not there{}", told(operation), operation.shares,
              nearest_of(operation.shares, names));
    } else if (!owner->shares.empty() || &*owner == &operation) {
      mistake("{}: shares the parameters of {}, which has none of its own", told(operation), operation.shares);
    } else if (bad_.count(owner->name) == 0 && shapes(*owner) != shapes(operation)) {
      mistake("{}: shares the parameters of {}, {}; its own are {}; allowed: the same shape", told(operation),
              operation.shares, shapes(*owner), shapes(operation));
    }
  }
}

}  // namespace

OperationGraph checked(OperationGraph graph) { return GraphCheck(std::move(graph)).result(); }

}  // namespace weft::sw
