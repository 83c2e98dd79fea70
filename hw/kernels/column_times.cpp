#include "hw/kernels/column_times.h"

#include "hw/fabric/line_times.h"

namespace weft::hw {

namespace {

/// The end of the lines from `first` on, of `count`, that hold as much: held(line).
template <typename Held>
int end_of_kind(int first, int count, Held&& held) {
  int last = first + 1;
  while (last < count && held(last) == held(first)) ++last;
  return last;
}

/// The threads of a column, north first, each at its place in its program.
class Column {
 public:
  Column(const MachineSpec& machine, LinePrograms& programs, int column) {
    threads_.reserve(static_cast<std::size_t>(programs.block().rows()));
    for (int row = 0; row < programs.block().rows(); ++row) {
      code_.push_back(&programs.of(row, column).code);
      // Up to the first meeting rows of one program do the same. Programs differ by a row's parity.
      const std::size_t here = code_.size() - 1;
      const std::size_t twin = here >= 2 && code_[here] == code_[here - 2] ? here - 2 : here;
      if (twin != here && !programs.windowed()) {
        threads_.push_back(threads_[twin]);
        at_.push_back(at_[twin]);
      } else {
        threads_.emplace_back(machine.pe, programs.windows(row, column));
        at_.push_back(threads_.back().run(*code_.back(), 0));
      }
    }
  }

  /// Of a row, where the column stands.
  const Instruction& next(std::size_t row = 0) const { return (*code_[row])[at_[row]]; }
  /// Precondition: next() is a meeting in the column. It returns the hops that its wavelets made.
  std::int64_t meet(const FabricTiming& timing) {
    const int elements = next().count;
    if (meeting_of(next()) == LineMeeting::up) {
      chain_up(timing, elements, false, threads_);
    } else {
      broadcast_down(timing, elements, threads_);
    }
    for (std::size_t& at : at_) ++at;
    run();
    return static_cast<std::int64_t>(threads_.size() - 1) * elements;
  }
  const std::vector<LocalThread>& threads() const { return threads_; }

 private:
  void run() {
    for (std::size_t row = 0; row < threads_.size(); ++row) at_[row] = threads_[row].run(*code_[row], at_[row]);
  }

  std::vector<LocalThread> threads_;
  std::vector<const std::vector<Instruction>*> code_;
  std::vector<std::size_t> at_;
};

/// Of PEs that do not speak, one of each kind.
ColumnTimes alone(const MachineSpec& machine, LinePrograms& programs) {
  const BlockMap& block = programs.block();
  ColumnTimes all;
  for (int row = 0, below = 0; row < block.rows(); row = below) {
    below = programs.windowed() ? row + 1
                                : end_of_kind(row, block.rows(), [&](int line) { return block.features_of(line); });
    for (int column = 0, right = 0; column < block.columns(); column = right) {
      right = programs.end_of_kind(column);
      LocalThread thread(machine.pe, programs.windows(row, column));
      thread.run(programs.of(row, column).code, 0);
      thread.add_to(all.times, static_cast<std::int64_t>(below - row) * (right - column));
    }
  }
  return all;
}

}  // namespace

ColumnTimes column_times(const MachineSpec& machine, LinePrograms& programs) {
  if (!programs.meet()) return alone(machine, programs);
  const BlockMap& block = programs.block();
  const FabricTiming timing(machine);
  ColumnTimes all;
  struct Kind {
    int columns;
    Column column;
  };
  std::vector<Kind> kinds;  // from the east, where totals arrive last
  for (int first = 0, last = 0; first < block.columns(); first = last) {
    // Columns meet only in a row's totals; those of equal share do the same.
    last = programs.end_of_kind(first);
    kinds.insert(kinds.begin(), {last - first, Column(machine, programs, first)});
    Column& column = kinds.front().column;
    while (meets(column.next()) && meeting_of(column.next()) != LineMeeting::east)
      all.times.wavelet_hops += (last - first) * column.meet(timing);
  }
  for (std::size_t row = 0; row < static_cast<std::size_t>(block.rows()); ++row) {
    const Instruction& next = kinds.front().column.next(row);
    if (!meets(next)) {
      for (const Kind& kind : kinds) kind.column.threads()[row].add_to(all.times, kind.columns);
      continue;
    }
    std::vector<LocalThread> line;
    for (const Kind& kind : kinds)
      line.insert(line.end(), static_cast<std::size_t>(kind.columns), kind.column.threads()[row]);
    all.totals.push_back(chain_up(timing, next.count, true, line));
    all.leaves = std::max(all.leaves, all.totals.back().back() + timing.hop);
    all.times.wavelet_hops += static_cast<std::int64_t>(next.count) * block.columns();
    for (const LocalThread& thread : line) thread.add_to(all.times, 1);
  }
  return all;
}

const ColumnTimes& ColumnTimer::of(KernelKind kind, const LineSettings& settings, const BlockMap& block) {
  LinePrograms programs(kind, settings, block);
  const Shape shape{kind,
                    settings.train,
                    settings.dropout.probability > 0,
                    settings.mask.any(),
                    settings.windows != nullptr,
                    programs.windowed(),
                    programs.windowed() && settings.mask.causal,
                    settings.bias.any(),
                    settings.rotary.turning() < settings.rotary.head_size,
                    programs.windowed() ? settings.mask.reach : 0,
                    settings.queries,
                    programs.windowed() ? settings.tiles : std::min(settings.mask.length, 1),
                    programs.windowed() ? settings.tile : std::min(settings.tile, 1),
                    block.rectangle.width,
                    block.rectangle.height,
                    block.features,
                    block.tokens};
  const auto known = known_.find(shape);
  if (known != known_.end()) return known->second;
  return known_.emplace(shape, column_times(machine_, programs)).first->second;
}

const LaunchTimes& ColumnTimer::of_heads(KernelKind kind, const LineSettings& settings, const HeadGrid& grid,
                                         Rectangle rectangle) {
  LineSettings here = settings;
  here.windows = grid.score_windows(rectangle);
  return of(kind, here, grid.block(kind, rectangle)).times;
}

LaunchTimes ColumnTimer::of_heads(KernelKind kind, const LineSettings& settings, const HeadGrid& grid) {
  LaunchTimes times;
  for (const auto& [rectangle, count] : grid.kinds()) times.add(of_heads(kind, settings, grid, rectangle), count);
  return times;
}

}  // namespace weft::hw
