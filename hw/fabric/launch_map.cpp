#include "hw/fabric/launch_map.h"

namespace weft::hw {

namespace {

template <typename Count>
void fill(std::vector<int>& counts, int lines, Count&& count) {
  counts.resize(static_cast<std::size_t>(lines));
  for (int line = 0; line < lines; ++line) counts[static_cast<std::size_t>(line)] = count(line);
}

}  // namespace

LaunchMap::LaunchMap(KernelKind kind, const MatrixLayer& layer, Rectangle rectangle, int tokens,
                     std::shared_ptr<const RoundCounts> counts)
    : height(rectangle.height),
      bias(kernel_of(kind).has_bias() && layer.bias),
      sparse(layer.sparse()),
      half_sums(layer.half_sums.of(kind)),
      kept(std::move(counts)) {
  const Kernel& kernel = kernel_of(kind);
  if (layer.mask && !kept) kept = std::make_shared<RoundCounts>(layer, kernel.by_input, rectangle.height);
  const int columns = std::min(rectangle.width, tokens);
  const auto rows = [&](int features) { return std::min(features, rectangle.height); };
  // Of grouped queries a token is one of each head: they meet the same keys.
  const int queries = kernel.by_key ? layer.attention.queries : 1;
  const auto tokens_of = [&](int column) { return queries * split_count(tokens, columns, column); };
  lines_are_rows = kernel.lines == LineAxis::rows;
  from_edge = kernel.source == StreamSource::edge;
  reduces = kernel.sums != SumEnd::here;
  stores = kernel.stores();
  returns = kernel.sums == SumEnd::owner;
  keeps_sums = kernel.sums == SumEnd::here && kernel.sums_fp32;
  lines_from_east = !lines_are_rows && !returns;
  if (lines_are_rows) {
    const int from = kernel.by_input ? layer.outputs : layer.inputs,
              to = kernel.by_input ? layer.inputs : layer.outputs;
    rounds = owned = to;
    chain = rows(from);
    lines = std::max(chain, rows(to));
    positions = columns;
    if (returns) sum_owners = {rounds, rectangle.height};
    if (kernel.vectors) vector_owners = {rounds, rectangle.height};
    if (!from_edge) stream_owners = {rounds, columns};
    fill(wavelets, chain, [&](int row) { return row_features(from, rectangle.height, row, bias); });
    fill(elements, columns, [&](int column) { return stores ? 1 : tokens_of(column); });
    return;
  }
  rounds = owned = layer.outputs;
  chain = lines = columns;
  positions = std::max(rows(layer.inputs), rows(layer.outputs));
  stream_owners = {rounds, rectangle.height};
  if (returns) sum_owners = {rounds, columns};
  fill(wavelets, lines, [&](int line) { return tokens_of(lines_from_east ? columns - 1 - line : line); });
  fill(elements, positions,
       [&](int row) { return row < rows(layer.inputs) ? row_features(layer.inputs, rectangle.height, row, bias) : 0; });
}

std::vector<int> LaunchMap::stream_firsts() const {
  std::vector<int> firsts(static_cast<std::size_t>(chain));
  int first = 0;
  for (int place = 0; place < chain; ++place) {
    const auto line = static_cast<std::size_t>(lines_from_east ? chain - 1 - place : place);
    firsts[line] = first;
    first += wavelets[line];
  }
  return firsts;
}

}  // namespace weft::hw
