#include "hw/fabric/stream_state.h"

#include <algorithm>
#include <type_traits>

namespace weft::hw {

namespace {

/// Rounds after which no wavelet of the stream or of the sum can meet an element on the ramp that its core has passed:
/// what the queue to the core holds.
int meeting_rounds(const FabricTiming& timing, const StreamReduceShape& shape) {
  const auto least = std::min_element(shape.wavelets.begin(), shape.wavelets.end());
  return 2 + timing.input_queue / (shape.counted || least == shape.wavelets.end() ? 1 : *least + 1);
}

template <typename State, typename Visit>
void each_field(State& state, Visit&& visit) {
  std::apply([&](auto&... field) { (visit(field), ...); }, StreamState::fields(state));
}

/// The same fields of two states.
template <typename Visit>
void each_field(StreamState& to, const StreamState& from, Visit&& visit) {
  std::apply(
      [&](auto&... of_to) {
        std::apply([&](auto&... of_from) { (visit(of_to, of_from), ...); }, StreamState::fields(from));
      },
      StreamState::fields(to));
}

template <typename Field, typename Kind>
constexpr bool is = std::is_same_v<std::remove_const_t<Field>, Kind>;
/// That all lines share; that nothing later depends on, or that is not saved.
template <typename Field>
constexpr bool is_common = is<Field, PositionTimes>;
template <typename Field>
constexpr bool is_unsaved = is<Field, RoundSizes> || is<Field, ListTimes>;

TimeRings rings(TimeRings::Of of, const FabricTiming& timing, const StreamReduceShape& shape, int above, int below) {
  const bool of_wavelets = of == TimeRings::Of::wavelets;
  return {of,
          {shape.chain, above, below, shape.positions, 0, timing.history, !of_wavelets && shape.positions_differ()}};
}

}  // namespace

StreamState::StreamState(const FabricTiming& timing, const StreamReduceShape& shape)
    : sizes(timing, shape),
      depart(TimeRings::Of::wavelets, {shape.chain, 0, 0, shape.positions, 1, timing.history}),
      consume(rings(TimeRings::Of::wavelets, timing, shape, 0, 0)),
      element(rings(TimeRings::Of::elements, timing, shape, 0, 0)),
      leave(rings(TimeRings::Of::elements, timing, shape, 0, 1)),
      arrive(rings(TimeRings::Of::elements, timing, shape, 1, 0)),
      free(shape.chain, shape.positions, timing.dispatch),
      ready(shape.chain, shape.positions, never_binds),
      issue(std::max(shape.chain, 1), shape.positions, never_binds),
      returned(shape.positions),
      sums(shape.chain),
      receivers(shape.lines, shape.chain, static_cast<std::size_t>(shape.positions), timing.ramp,
                meeting_rounds(timing, shape)) {
  if (shape.lists) lists = ListTimes(shape.chain, shape.positions, timing.history);
}

std::vector<std::int32_t> StreamState::differing_positions(std::int32_t shift) const {
  std::vector<std::int32_t> differs(static_cast<std::size_t>(sizes.positions()), 0);
  each_field(*this, [&](const auto& field) { field.compare_positions(shift, differs); });
  return differs;
}

bool StreamState::line_follows(int line, std::int32_t shift) const {
  bool follows = true;
  each_field(*this, [&](const auto& field) { follows = follows && field.line_follows(line, shift, sizes); });
  return follows;
}

void StreamState::take_lines(const StreamState& from, const std::vector<LineSource>& sources) {
  each_field(*this, from, [&](auto& field, const auto& other) { field.take_lines(other, sources); });
}

void StreamState::take_positions(const StreamState& from, const std::vector<int>& chosen) {
  each_field(*this, from, [&](auto& field, const auto& other) { field.take_positions(other, chosen); });
}

// A line's times are told from its own first one, so that lines further up or down and later rounds have equal rows.
// Wavelets of the stream and elements of the sum cross a line's ramps one after the other.
LineOrigin StreamState::origin_of(int line) const {
  LineOrigin origin{*free.row(line), sizes, {}};
  if (!receivers.known_at(line)) return origin;
  const std::int32_t* departs = depart.row(line, sizes.wavelets_before(line) - 1);
  origin.newest_on_ramp.assign(departs, departs + sizes.positions());
  if (line + 1 == sizes.chain()) return origin;
  for (const RoundSizes::Group& group : sizes.groups()) {
    const std::int32_t* arrives = arrive.row(line, group.summed - 1, group.first);
    for (int p = group.first; p < group.last; ++p) {
      std::int32_t& newest = origin.newest_on_ramp[static_cast<std::size_t>(p)];
      newest = std::min(newest, arrives[p]);
    }
  }
  return origin;
}

void StreamState::save_line(int line, Times& to) const {
  const LineOrigin origin = origin_of(line);
  each_field(*this, [&](const auto& field) {
    using Field = decltype(field);
    if constexpr (!is_common<std::remove_reference_t<Field>> && !is_unsaved<std::remove_reference_t<Field>>)
      field.save(line, origin, to);
  });
}

void StreamState::save_common(Times& to) const {
  for (int line = 0; line < sizes.chain(); ++line) to.push_back(*free.row(line) - origin());
  each_field(*this, [&](const auto& field) {
    if constexpr (is_common<std::remove_reference_t<decltype(field)>>) field.save_common(origin(), to);
  });
}

void StreamState::load_common(const Times& from, std::int64_t rounds, std::int32_t origin) {
  sizes.set_rounds(rounds);
  const std::int32_t* next = from.data();
  for (int line = 0; line < sizes.chain(); ++line) *free.row(line) = *next++ + origin;
  each_field(*this, [&](auto& field) {
    if constexpr (is_common<std::remove_reference_t<decltype(field)>>) field.load_common(origin, next);
  });
}

void StreamState::load_line(int line, const Times& from) {
  const LineOrigin origin{*free.row(line), sizes, {}};
  const std::int32_t* next = from.data();
  each_field(*this, [&](auto& field) {
    using Field = decltype(field);
    if constexpr (!is_common<std::remove_reference_t<Field>> && !is_unsaved<std::remove_reference_t<Field>>)
      field.load(line, origin, next);
  });
}

}  // namespace weft::hw
