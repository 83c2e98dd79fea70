#include "hw/fabric/head_grid.h"

#include <fmt/format.h>

#include "tlm/base/error.h"

namespace weft::hw {

namespace {

struct AxisNames {
  const char *part, *element, *line;
};

/// Lines beyond `from`, in steps of `step`, on which each part has lines of its own; 0: there are none.
int next_lines(AxisParts parts, int from, int step) {
  for (parts.lines = from; parts.lines > 0 && parts.lines <= parts.elements(); parts.lines += step)
    if (parts.cut_line() < 0) return parts.lines;
  return 0;
}

/// Empty if no line is cut.
std::string cut_text(const AxisParts& parts, const AxisNames& names) {
  const int line = parts.cut_line();
  if (line < 0) return {};
  const int first = split_first(parts.elements(), parts.lines, line) / parts.size,
            last = (split_first(parts.elements(), parts.lines, line + 1) - 1) / parts.size;
  const int fewer = next_lines(parts, parts.lines - 1, -1), more = next_lines(parts, parts.lines + 1, +1);
  const auto counted = [](int count, const char* name) {
    return fmt::format("{} {}{}", count, name, count == 1 ? "" : "s");
  };
  return fmt::format(
      "{} of {} over {}: {} {} holds {}s of {}s {} {} {}; {}{} {}s would do", counted(parts.parts, names.part),
      counted(parts.size, names.element), counted(parts.lines, names.line), names.line, line, names.element, names.part,
      first, last == first + 1 ? "and" : "to", last, fewer > 0 ? fmt::format("{} or ", fewer) : "", more, names.line);
}

}  // namespace

int AxisParts::cut_line() const {
  for (int part = 1; part < parts; ++part)
    if (const int line = first_line(part); split_first(elements(), lines, line) != part * size) return line;
  return -1;
}

int best_lines(int most, int parts, int size) {
  const AxisParts all{most, parts, size};
  return next_lines(all, std::min(most, all.elements()), -1);
}

int best_rows(int most, int heads, int head_size, int queries) {
  int rows = best_lines(most, heads, head_size);
  while (queries > 1 && rows > 0 && heads * head_size % rows != 0) rows = best_lines(rows - 1, heads, head_size);
  return rows;
}

HeadGrid::HeadGrid(Rectangle lane, const HeadShape& shape)
    : shape_(shape),
      rows_{lane.height, shape.heads, shape.head_size},
      columns_{lane.width, shape.sequences, shape.length} {
  if (const std::string why = misfit(lane, shape); !why.empty()) throw UsageError("attention: " + why);
}

std::string HeadGrid::misfit(Rectangle lane, const HeadShape& shape) {
  std::string rows = cut_text({lane.height, shape.heads, shape.head_size}, {"head", "feature", "row"});
  if (rows.empty() && shape.queries > 1 && shape.features() % lane.height != 0)
    rows =
        fmt::format("{} heads of queries to a head of keys over {} rows: each row must hold as much; {} rows would do",
                    shape.queries, lane.height, best_rows(lane.height, shape.heads, shape.head_size, shape.queries));
  const std::string columns = cut_text({lane.width, shape.sequences, shape.length}, {"sequence", "token", "column"});
  const std::string cut = rows + (rows.empty() || columns.empty() ? "" : "; ") + columns;
  if (!cut.empty() || shape.tiles == 0) return cut;
  const AxisParts sequences{lane.width, shape.sequences, shape.length};
  int widest = 0;
  for (int sequence = 0; sequence < shape.sequences; ++sequence)
    widest = std::max(widest, sequences.lines_of(sequence));
  if (TileKeys::fits(shape.length, widest, shape.tiles)) return {};
  return fmt::format(
      "{} tiles of keys, each of some of every column's; a column of {} holds {} of the {} of a sequence", shape.tiles,
      widest, split_count(shape.length, widest, 0), shape.length);
}

HeadGrid::Place HeadGrid::place(int head, int sequence) const {
  return {rows_.first_line(head),  columns_.first_line(sequence), {columns_.lines_of(sequence), rows_.lines_of(head)},
          head * shape_.head_size, head * shape_.length,          sequence * shape_.length};
}

std::vector<HeadGrid::Kind> HeadGrid::kinds() const {
  std::vector<Kind> kinds;
  for (int index = 0; index < places(); ++index) {
    const Rectangle rectangle = place(index).rectangle;
    const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) {
      return kind.rectangle.width == rectangle.width && kind.rectangle.height == rectangle.height;
    });
    if (same == kinds.end()) {
      kinds.push_back({rectangle, 1});
    } else {
      ++same->count;
    }
  }
  return kinds;
}

LaunchMap HeadGrid::whole_map(KernelKind kind, Rectangle rectangle, int queries) const {
  MatrixLayer head{"head", shape_.head_size, keys(rectangle).count(), "", 0};
  head.attention.queries = queries;
  return {kind, head, rectangle, shape_.length};
}

LaunchMap HeadGrid::map(KernelKind kind, Rectangle rectangle) const {
  LaunchMap map = whole_map(kind, rectangle, shape_.queries);
  if (shape_.skips())
    map.windows = std::make_shared<const LaunchWindows>(windows_of(map, shape_.mask, shape_.queue, numbers(rectangle)));
  return map;
}

KeyNumbers HeadGrid::numbers(Rectangle rectangle) const {
  KeyNumbers numbers{{shape_.length, rectangle.width, shape_.skips() ? shape_.length : 0}, {}};
  const TileKeys keys = this->keys(rectangle);
  for (int round = 0; round < keys.count(); ++round) numbers.keys.push_back(numbers.order.number_at(keys.place(round)));
  return numbers;
}

std::shared_ptr<const ScoreWindows> HeadGrid::score_windows(Rectangle rectangle) const {
  if (!shape_.skips() && shape_.tiles == 0) return nullptr;
  const KeyNumbers numbers = this->numbers(rectangle);
  ScoreWindows windows{numbers.keys};
  const TileKeys keys = this->keys(rectangle);
  for (int round = 0; shape_.tiles > 0 && round < keys.count(); ++round) windows.places.push_back(keys.place(round));
  if (shape_.skips()) {
    const LaunchMap map = whole_map(KernelKind::attention_scores, rectangle, 1);
    windows.stored = windows_of(map, shape_.mask, shape_.queue, numbers);
    windows.attended = windows_of(map, shape_.mask, 0, numbers);
  }
  return std::make_shared<const ScoreWindows>(std::move(windows));
}

HeadShape head_shape(const MatrixLayer& layer, int tokens) {
  const AttentionShape& attention = layer.attention;
  const int queries = attention.queries, head_size = layer.features() / (attention.heads * queries);
  HeadShape shape{attention.heads, head_size, tokens / attention.length, attention.length, queries};
  shape.tiles = attention.tiles;
  return shape;
}

HeadGrid head_grid(const MatrixLayer& layer, const MachineSpec& machine, Rectangle lane, int tokens, int tile) {
  HeadShape shape = head_shape(layer, tokens);
  shape.tile = tile;
  if (layer.attention.skip_masked || shape.tiles > 0) shape.mask = layer.attention.mask;
  if (layer.attention.skip_masked) shape.queue = machine.router.input_queue;
  return {lane, shape};
}

}  // namespace weft::hw
