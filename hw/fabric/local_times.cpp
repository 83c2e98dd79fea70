#include "hw/fabric/local_times.h"

#include <algorithm>

#include "tlm/base/checked.h"

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

/// Words for one PE of the row, without the control wavelet behind them.
Cycle load_words(Rectangle rectangle, const LoadShape& shape, int row, int tokens) {
  return pair_words(std::int64_t{shape.features_of(rectangle.height, row)} * tokens) +
         (shape.takes_labels(rectangle.height, row) ? pair_words(tokens) : 0);
}

}  // namespace

LaunchCycle samples_ready(const MachineSpec& machine, const EdgeLayout& layout, int rows, int lanes,
                          LaunchCycle arrived) {
  const Cycle bits_per_cycle = Cycle{machine.io.channel_bits_per_cycle} * layout.channels(rows) * lanes;
  constexpr Cycle bits_per_byte = 8;
  return std::max(arrived, LaunchCycle(-(machine.io.edge_buffer_bytes * bits_per_byte / bits_per_cycle)));
}

std::vector<std::int32_t> load_starts(const MachineSpec& machine, const EdgeLayout& layout, const LoadShape& shape,
                                      Rectangle rectangle, int tokens, LaunchCycle ready) {
  constexpr Cycle word_bits = 32;
  const int columns = std::min(rectangle.width, tokens), rows = shape.rows(rectangle.height);
  const std::vector<Share> kinds = shares(tokens, columns);
  std::vector<std::int32_t> starts;
  starts.reserve(static_cast<std::size_t>(rows));
  LaunchCycle channel = ready;
  for (int row = 0; row < rows; ++row) {
    if (layout.opens_channel(row)) channel = ready;
    Cycle words = 0;
    for (const Share& kind : kinds) words += kind.lines * (load_words(rectangle, shape, row, kind.held) + 1);
    const Cycle given = ceil_div(words * word_bits, machine.io.channel_bits_per_cycle);
    const LaunchCycle begin = channel + std::max<Cycle>(0, given - words);
    starts.push_back(launch_cycle(std::max<Cycle>((begin + layout.way_in(row)).since(), -1),
                                  "the wait of a launch for its samples"));
    channel += given;
  }
  return starts;
}

LaunchTimes load_times(const MachineSpec& machine, const EdgeLayout& layout, const LoadShape& shape,
                       Rectangle rectangle, int tokens, LaunchCycle ready) {
  const FabricTiming timing(machine);
  const int columns = std::min(rectangle.width, tokens);
  const std::vector<std::int32_t> starts = load_starts(machine, layout, shape, rectangle, tokens, ready);
  const std::vector<Share> kinds = shares(tokens, columns);
  LaunchTimes times;
  for (int row = 0; row < static_cast<int>(starts.size()); ++row) {
    Cycle sent = starts[static_cast<std::size_t>(row)];
    int column = 0;
    for (const Share& kind : kinds) {
      const Cycle taken = load_words(rectangle, shape, row, kind.held), words = taken + 1;
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
        times.end = std::max(times.end, LaunchCycle(first + (count - 1) * (words + timing.hop)));
      }
    }
  }
  return times;
}

}  // namespace weft::hw
