#include "hw/fabric/local_times.h"

#include <algorithm>

#include "hw/pe/cost.h"

namespace weft::hw {

using proto::TimeClass;

namespace {

/// Neighbouring lines of equal share.
struct Share {
  int lines, held;
};

/// `n` elements over `lines` lines: at most two kinds of line. Lines without elements are left out.
std::vector<Share> shares(int n, int lines) {
  std::vector<Share> kinds;
  if (n % lines > 0) kinds.push_back({n % lines, n / lines + 1});
  if (n >= lines) kinds.push_back({lines - n % lines, n / lines});
  return kinds;
}

/// Visits every kind of PE that holds features and tokens: visit(PEs of the kind, features, tokens).
template <typename Visit>
void for_each_kind(int features, Rectangle rectangle, int tokens, Visit&& visit) {
  for (const Share& row : shares(features, rectangle.height))
    for (const Share& column : shares(tokens, std::min(rectangle.width, tokens)))
      visit(static_cast<std::int64_t>(row.lines) * column.lines, row.held, column.held);
}

/// Adds one vector instruction of a PE's own program.
void add_vector(const MachineSpec& machine, std::int64_t elements, int lanes, Cycle& overhead, Cycle& compute) {
  overhead += machine.pe.vector_issue_cycles;
  compute += vector_cycles(machine.pe, elements, lanes) - machine.pe.vector_issue_cycles;
}

void add_pes(LaunchTimes& times, std::int64_t pes, Cycle overhead, Cycle compute) {
  times.mapped += pes;
  times.of(TimeClass::overhead) += pes * overhead;
  times.of(TimeClass::compute) += pes * compute;
  times.end = std::max(times.end, overhead + compute);
}

/// The main thread of a PE that speaks to no other: each vector instruction waits for the one before it.
class LocalThread {
 public:
  explicit LocalThread(const PeSpec& pe) : pe_(pe), overhead_(pe.task_dispatch_cycles) {}

  void vector(std::int64_t elements, int lanes) {
    overhead_ += std::max<Cycle>(0, ready_ - end());
    ready_ = end() + pe_.vector_fill_cycles;
    add_issued(elements, lanes);
  }
  void branch() { overhead_ += pe_.scalar_cycles; }
  Cycle end() const { return overhead_ + compute_; }
  void add_to(LaunchTimes& times, std::int64_t pes) const { add_pes(times, pes, overhead_, compute_); }

 private:
  void add_issued(std::int64_t elements, int lanes) {
    overhead_ += pe_.vector_issue_cycles;
    compute_ += ceil_div(elements, lanes);
  }

  const PeSpec& pe_;
  Cycle overhead_, compute_ = 0, ready_ = 0;
};

/// The mask, a feature at a time, as sw/kernels/activation_setup.cpp has it: a counter, three xor-shifts with products
/// between them, the comparison.
void add_mask(const PeSpec& pe, int features, int tokens, LocalThread& thread) {
  const int words = word_lanes(pe.lanes), products = pe.lanes.mul_fp32;
  for (int feature = 0; feature < features; ++feature) {
    for (const int lanes : {words, words, products, words, products, words, words}) thread.vector(tokens, lanes);
    thread.branch();
  }
}

}  // namespace

LaunchTimes activation_times(const MachineSpec& machine, int features, bool dropout, Rectangle rectangle, int tokens) {
  LaunchTimes times;
  for_each_kind(features, rectangle, tokens, [&](std::int64_t pes, int rows, int wide) {
    LocalThread thread(machine.pe);
    const std::int64_t elements = static_cast<std::int64_t>(rows) * wide;
    thread.vector(elements, machine.pe.lanes.max_fp16);
    if (dropout) {
      thread.vector(elements, machine.pe.lanes.convert);
      add_mask(machine.pe, rows, wide, thread);
    }
    thread.add_to(times, pes);
  });
  return times;
}

LaunchTimes activation_backward_times(const MachineSpec& machine, int features, bool dropout, Rectangle rectangle,
                                      int tokens) {
  LaunchTimes times;
  for_each_kind(features, rectangle, tokens, [&](std::int64_t pes, int rows, int wide) {
    LocalThread thread(machine.pe);
    const std::int64_t elements = static_cast<std::int64_t>(rows) * wide;
    thread.vector(elements, machine.pe.lanes.max_fp16);
    if (dropout) thread.vector(elements, machine.pe.lanes.convert);
    thread.add_to(times, pes);
  });
  return times;
}

LaunchTimes softmax_times(const MachineSpec& machine, const EdgeLayout& layout, int outputs, bool train,
                          Rectangle rectangle, int tokens, Cycle& loss_leaves) {
  const FabricTiming timing(machine);
  const LaneSpec& lanes = machine.pe.lanes;
  const int rows = std::min(outputs, rectangle.height), columns = std::min(rectangle.width, tokens);
  // Columns meet only in the loss at the end; those of equal share do the same.
  const std::vector<Share> kinds = shares(tokens, columns);
  const auto wide_kinds = static_cast<int>(kinds.size());
  StreamReduceShape shape;
  shape.lines = shape.chain = rows;
  shape.positions = wide_kinds;
  shape.wavelets.assign(static_cast<std::size_t>(rows), 0);
  for (const Share& kind : kinds) shape.elements.push_back(kind.held);
  StreamReduce engine(timing, shape);
  // Local work of a PE before each of its three chains and after the last, split into overhead and compute.
  std::vector<Cycle> overhead(static_cast<std::size_t>(rows * wide_kinds), timing.dispatch),
      compute(overhead.size(), 0);
  const auto local = [&](int stage) {
    for (int row = 0; row < rows; ++row) {
      std::vector<std::int32_t> cycles;
      for (int column = 0; column < wide_kinds; ++column) {
        const auto at = static_cast<std::size_t>(row * wide_kinds + column);
        const int wide = shape.elements[static_cast<std::size_t>(column)];
        const std::int64_t elements = static_cast<std::int64_t>(split_count(outputs, rectangle.height, row)) * wide;
        const Cycle before = overhead[at] + compute[at];
        const auto vector = [&](std::int64_t count, int width) {
          add_vector(machine, count, width, overhead[at], compute[at]);
        };
        const auto special = [&](std::int64_t count) { compute[at] += count * machine.pe.special_function_cycles; };
        if (stage == 0) vector(elements, lanes.max_fp32);
        if (stage == 1) {
          vector(elements, lanes.add_fp32);
          special(elements);
          vector(elements, lanes.add_fp32);
        }
        if (stage == 2) vector(elements, lanes.integer);
        if (stage == 3 && train) {
          special(wide);
          vector(elements, lanes.mul_fp32);
          vector(elements, lanes.add_fp32);
          vector(elements, lanes.mul_fp32);
          vector(elements, lanes.convert);
        }
        if (stage == 3 && row == 0) {
          special(wide);
          vector(wide, lanes.add_fp32);
          vector(wide, lanes.add_fp32);
          vector(wide, lanes.integer);
        }
        cycles.push_back(static_cast<std::int32_t>(overhead[at] + compute[at] - before));
      }
      engine.work(row, cycles.data());
    }
  };
  for (int stage = 0; stage < 3; ++stage) {
    local(stage);
    for (int line = 0; line < rows; ++line) engine.open_reduction(line, nullptr);
    engine.reduce(0, engine.max_elements(), -1);
    engine.close_reduction(false);
    if (stage < 2) engine.take_broadcast(engine.returned());
  }
  local(3);

  LaunchTimes times;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < wide_kinds; ++column) {
      const auto at = static_cast<std::size_t>(row * wide_kinds + column);
      const std::int64_t pes = kinds[static_cast<std::size_t>(column)].lines;
      const PeTimes pe = engine.pe(row, column);
      const int wide = shape.elements[static_cast<std::size_t>(column)];
      times.mapped += pes;
      times.of(TimeClass::compute) += pes * (compute[at] + 5 * wide);  // three chains, two broadcasts taken
      times.of(TimeClass::overhead) += pes * (overhead[at] + pe.stall + 3 * (timing.issue + timing.scalar));
      times.of(TimeClass::wait_stream) += pes * pe.wait_stream;
      times.of(TimeClass::wait_partial_sum) += pes * pe.wait_partial_sum;
      times.of(TimeClass::blocked) += pes * pe.blocked;
    }
  }
  // Row 0 sums loss and correct predictions eastwards: two words, one add each, ramp in and out and a hop per PE.
  Cycle arrived = 0;
  for (int column = 0; column < columns; ++column) {
    const Cycle ready = std::max(engine.pe(0, column < kinds.front().lines ? 0 : wide_kinds - 1).main_end, arrived);
    arrived = ready + timing.issue + 2 + 2 * timing.ramp + timing.hop;
    times.of(TimeClass::overhead) += timing.issue;
    times.of(TimeClass::compute) += 2;
  }
  times.wavelet_hops = static_cast<std::int64_t>(5 * rows) * tokens + 2 * columns;
  times.end = std::max(engine.end(), arrived);
  loss_leaves = arrived + layout.way_out(0);
  return times;
}

namespace {

/// Words for one PE of the row, without the control wavelet behind them.
Cycle load_words(Rectangle rectangle, int features, int outputs, int row, int tokens) {
  const bool labels = split_count(outputs, rectangle.height, row) > 0;
  return pair_words(std::int64_t{split_count(features, rectangle.height, row)} * tokens) +
         (labels ? pair_words(tokens) : 0);
}

}  // namespace

std::vector<std::int32_t> load_starts(const MachineSpec& machine, const EdgeLayout& layout, int features, int outputs,
                                      Rectangle rectangle, int tokens, Cycle ready) {
  const int columns = std::min(rectangle.width, tokens), rows = std::min(std::max(features, outputs), rectangle.height);
  std::vector<std::int32_t> starts;
  Cycle channel = ready;
  for (int row = 0; row < rows; ++row) {
    if (layout.opens_channel(row)) channel = ready;
    starts.push_back(static_cast<std::int32_t>(std::max<Cycle>(channel + layout.way_in(row), -1)));
    for (const Share& kind : shares(tokens, columns))
      channel += kind.lines * (load_words(rectangle, features, outputs, row, kind.held) + 1);
  }
  return starts;
}

LaunchTimes load_times(const MachineSpec& machine, const EdgeLayout& layout, int features, int outputs,
                       Rectangle rectangle, int tokens, Cycle ready) {
  const FabricTiming timing(machine);
  const int columns = std::min(rectangle.width, tokens);
  const std::vector<std::int32_t> starts = load_starts(machine, layout, features, outputs, rectangle, tokens, ready);
  LaunchTimes times;
  for (int row = 0; row < static_cast<int>(starts.size()); ++row) {
    Cycle sent = starts[static_cast<std::size_t>(row)];
    int column = 0;
    for (const Share& kind : shares(tokens, columns)) {
      const Cycle taken = load_words(rectangle, features, outputs, row, kind.held), words = taken + 1;
      // The last word leaves the edge in the cycle before the control wavelet and is stored within a cycle.
      const auto stored = [&](Cycle control, int at) { return control + (at + 1) * timing.hop + timing.ramp; };
      // From the first column on that waits for its words, each ends as much later than the one before.
      for (int left = kind.lines; left > 0;) {
        const bool waits = stored(sent + words, column) >= timing.dispatch + taken;
        const std::int64_t count = waits ? left : 1, pairs = count * (count - 1) / 2;
        sent += words;
        const Cycle first = std::max<Cycle>(stored(sent, column), timing.dispatch + taken);
        times.mapped += count;
        times.of(TimeClass::overhead) += count * timing.dispatch;
        times.of(TimeClass::receive) += count * taken;
        times.of(TimeClass::wait_stream) += count * (first - taken - timing.dispatch) + pairs * (words + timing.hop);
        times.wavelet_hops += words * (count * (column + 1) + pairs);
        sent += (count - 1) * words;
        column += static_cast<int>(count);
        left -= static_cast<int>(count);
        times.end = std::max(times.end, first + (count - 1) * (words + timing.hop));
      }
    }
  }
  return times;
}

}  // namespace weft::hw
