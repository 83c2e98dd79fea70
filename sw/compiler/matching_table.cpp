// matching_table() of kernel_matching.h.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "hw/spec/kernel_table.h"
#include "sw/compiler/kernel_matching.h"
#include "sw/graph/operation_types.h"

namespace weft::sw {

namespace {

/// Calls row(operation, name of its kernel) in the order of launching; operations without one where they stand.
template <typename Row>
void for_each_row(const OperationGraph& graph, const std::vector<MatchedKernel>& kernels, Row&& row) {
  std::map<int, const MatchedKernel*> starting;
  std::set<int> matched;
  for (const MatchedKernel& kernel : kernels) {
    starting[kernel.operations.front()] = &kernel;
    matched.insert(kernel.operations.begin(), kernel.operations.end());
  }
  for (int start = 0; start < static_cast<int>(graph.operations.size()); ++start) {
    const auto kernel = starting.find(start);
    if (kernel == starting.end() && matched.count(start) == 0)
      row(graph.operations[static_cast<std::size_t>(start)], "none");
    if (kernel == starting.end()) continue;
    for (const int place : kernel->second->operations) {
      const std::vector<BoundLaunch>& launches = kernel->second->pattern->launches;
      const bool first = place == start && !launches.empty();
      row(graph.operations[static_cast<std::size_t>(place)],
          first ? hw::kernel_name(launches.back().kind) : "(same kernel)");
    }
  }
}

/// Words to the left, and `numbers` columns of numbers to the right; a column is as wide as its longest cell, and no
/// narrower than `least`.
class Table {
 public:
  Table(std::vector<std::size_t> least, std::size_t numbers) : widths_(std::move(least)), numbers_(numbers) {}

  void add(std::vector<std::string> row) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths_[i] = std::max(widths_[i], row[i].size() + (is_word(i) ? 1 : 0));
    rows_.push_back(std::move(row));
  }
  std::string text() const {
    std::string all;
    for (const std::vector<std::string>& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i)
        all += is_word(i)       ? fmt::format("{:<{}}", row[i], widths_[i])
               : is_word(i - 1) ? fmt::format("{:>{}}", row[i], widths_[i])
                                : fmt::format(" {:>{}}", row[i], widths_[i]);
      all += "\n";
    }
    return all;
  }
  /// Of the words' columns.
  std::size_t words_width() const {
    return std::accumulate(widths_.begin(), widths_.end() - static_cast<std::ptrdiff_t>(numbers_), std::size_t{0});
  }

 private:
  bool is_word(std::size_t column) const { return column + numbers_ < widths_.size(); }

  std::vector<std::size_t> widths_;
  std::size_t numbers_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace

std::string matching_table(const Matching& matching) {
  Table forward({13, 13, 13, 15, 12, 13}, 2);
  forward.add({"operation", "reads", "shape", "kernel", "params", "flop/token"});
  for_each_row(matching.forward, matching.forward_kernels, [&](const Operation& operation, const char* kernel) {
    forward.add({operation.name, fmt::format("{}", fmt::join(operation.inputs, " ")),
                 fmt::format("{}x{}", operation.input_features, operation.output_features), kernel,
                 fmt::format("{}", own_parameters(operation)), fmt::format("{}", type_of(operation).flops(operation))});
  });
  Table backward({13, 22, 14, 20, 10}, 1);
  backward.add({"backward", "reads", "makes", "kernel", "flop/token"});
  for_each_row(matching.backward, matching.backward_kernels, [&](const Operation& operation, const char* kernel) {
    backward.add({operation.name, fmt::format("{}", fmt::join(operation.inputs, " ")), operation.outputs.front(),
                  kernel, fmt::format("{}", type_of(operation).flops(operation))});
  });
  return forward.text() + backward.text() +
         fmt::format("{:<{}}{:>12} {:>13}\n", "total", forward.words_width(), parameters(matching.forward),
                     flops(matching.forward) + flops(matching.backward));
}

}  // namespace weft::sw
