#pragma once
// Graphs as lines that a test can write down.
#include <string>
#include <vector>

#include "sw/graph/operation_graph.h"

namespace weft::test {

/// One for each operation: "fc1 gradient: d.fc1 x -> d.fc1.weight d.fc1.bias".
inline std::vector<std::string> lines_of(const sw::OperationGraph& graph) {
  const char* const passes[] = {"", " delta", " gradient"};
  std::vector<std::string> lines;
  for (const sw::Operation& operation : graph.operations) {
    std::string line = operation.name + passes[static_cast<int>(operation.pass)] + ":";
    for (const std::string& input : operation.inputs) line += " " + input;
    line += " ->";
    for (const std::string& output : operation.outputs) line += " " + output;
    lines.push_back(line);
  }
  return lines;
}

}  // namespace weft::test
