#include "hw/fabric/launch_map.h"

namespace weft::hw {

LaunchMap::LaunchMap(KernelKind kind, const MatrixLayer& layer, Rectangle rectangle, int tokens,
                     std::shared_ptr<const RoundCounts> counts)
    : height(rectangle.height), sparse(layer.sparse()), kept(std::move(counts)) {
  const Kernel& kernel = kernel_of(kind);
  if (layer.mask && !kept) kept = std::make_shared<RoundCounts>(layer, kernel.by_input, rectangle.height);
  const int columns = std::min(rectangle.width, tokens);
  const auto rows = [&](int features) { return std::min(features, rectangle.height); };
  const auto tokens_of = [&](int column) { return split_count(tokens, columns, column); };
  lines_are_rows = from_edge = kernel.source == StreamSource::edge;
  reduces = kernel.sums != SumEnd::here;
  returns = kernel.sums == SumEnd::owner;
  if (lines_are_rows) {
    const int from = kernel.by_input ? layer.outputs : layer.inputs,
              to = kernel.by_input ? layer.inputs : layer.outputs;
    rounds = owned = to;
    chain = rows(from);
    lines = std::max(chain, rows(to));
    positions = columns;
    for (int row = 0; row < chain; ++row)
      wavelets.push_back(row_features(from, rectangle.height, row, !kernel.by_input));
    for (int column = 0; column < columns; ++column) elements.push_back(tokens_of(column));
    return;
  }
  rounds = owned = layer.outputs;
  chain = lines = columns;
  positions = std::max(rows(layer.inputs), rows(layer.outputs));
  for (int line = 0; line < lines; ++line) wavelets.push_back(tokens_of(columns - 1 - line));
  for (int row = 0; row < positions; ++row)
    elements.push_back(row < rows(layer.inputs) ? row_features(layer.inputs, rectangle.height, row, reduces) : 0);
}

}  // namespace weft::hw
