// Question: is every field of an engine's state compared, taken over, saved and loaded? The fields come from the
// state's one list, so a field that is added to it is asked here as well; one of a new kind needs a change() below to
// compile.
#include <catch2/catch.hpp>
#include <tuple>
#include <utility>

#include "hw/fabric/stream_state.h"
#include "hw/spec/machine_file.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

namespace {

constexpr int lines = 4, positions = 5;
constexpr std::int32_t shift = 3;

FabricTiming timing() { return FabricTiming(load_machine("mini", weft::test::source_path("hw/machines"))); }

StreamReduceShape shape(bool lists) {
  StreamReduceShape shape;
  shape.lines = shape.chain = lines;
  shape.positions = positions;
  shape.wavelets.assign(lines, 6);
  shape.elements.assign(positions, 9);
  shape.lists = shape.counted = lists;
  return shape;
}

/// Every line's state is that of the one after it, `shift` later, or every position's that of the one before it.
StreamState alike(bool of_lines, bool lists = false) {
  StreamState state(timing(), shape(lists));
  for (int position = 0; position < positions; ++position)
    for (int line = 0; line < lines; ++line) state.free.row(line)[position] = 100 + (of_lines ? 0 : position * shift);
  if (!of_lines) return state;
  StreamState result(timing(), shape(lists));
  std::vector<LineSource> sources;
  for (int line = 0; line < lines; ++line) sources.push_back({0, (lines - line) * shift});
  result.take_lines(state, sources);
  return result;
}

std::vector<Times> saved(const StreamState& state) {
  std::vector<Times> rows(lines + 1);
  state.save_common(rows[lines]);
  for (int line = 0; line < lines; ++line) state.save_line(line, rows[static_cast<std::size_t>(line)]);
  return rows;
}

/// Where a field's state can be.
struct Held {
  bool by_line = true, by_position = true;
  bool saved = true;
};

// Each changes one time of line 1 at position 1.
Held change(TimeRings& rings) {
  rings.row(1, 0, 1)[1] = 1234;
  return {};
}
Held change(TimeRows& rows) {
  rows.row(1)[1] = 1234;
  return {};
}
Held change(PositionTimes& times) {
  times[1] = 1234;
  return {false, true, true};
}
Held change(LineRuns& runs) {
  const Times begin(positions, 1234);
  runs.of(1).begin(8, 1, 2, begin.data());
  return {};
}
Held change(Receivers& receivers) {
  const Times at(positions, 1234);
  receivers.receive(1, at.data(), 1, 2);
  return {};
}
Held change(ListTimes& lists) {
  if (lists.chain > 0) lists.ring(lists.taken, 1, 1)[0] = 1234;
  return {true, false, false};
}
Held change(RoundSizes& sizes) {
  sizes.close_round();
  return {false, false, false};
}

template <std::size_t index, typename Visit>
void changed_field(const StreamState& state, Visit& visit) {
  StreamState changed = state;
  const Held held = change(std::get<index>(StreamState::fields(changed)));
  INFO("field " << index);
  visit(changed, held);
}

template <typename Visit, std::size_t... index>
void each_field(const StreamState& state, Visit& visit, std::index_sequence<index...> /*all*/) {
  (changed_field<index>(state, visit), ...);
}

/// visit(state in which a field is changed, where the field holds what) for every field.
template <typename Visit>
void each_changed(const StreamState& state, Visit&& visit) {
  constexpr std::size_t fields = std::tuple_size_v<decltype(StreamState::fields(state))>;
  each_field(state, visit, std::make_index_sequence<fields>());
}

}  // namespace

TEST_CASE("a line is no copy of the one after it when any field of it differs") {
  for (const bool lists : {false, true}) {
    const StreamState state = alike(true, lists);
    for (int line = 0; line + 1 < lines; ++line) REQUIRE(state.line_follows(line, shift));
    CHECK_FALSE(state.line_follows(1, shift + 1));
    each_changed(state, [&](const StreamState& changed, const Held& held) {
      const bool in_use = held.saved || lists;
      if (held.by_line && in_use) CHECK_FALSE(changed.line_follows(1, shift));
    });
  }
}

TEST_CASE("a position is no copy of the one before it when any field of it differs") {
  const StreamState state = alike(false);
  REQUIRE(state.differing_positions(shift) == Times(positions, 0));
  each_changed(state, [&](const StreamState& changed, const Held& held) {
    if (held.by_position) CHECK(changed.differing_positions(shift)[1] != 0);
  });
}

TEST_CASE("what is saved of a state differs when any field of it differs, and loads again") {
  const StreamState state = alike(true);
  const std::vector<Times> before = saved(state);
  each_changed(state, [&](const StreamState& changed, const Held& held) {
    if (!held.saved) return;
    const std::vector<Times> rows = saved(changed);
    CHECK(rows != before);
    StreamState loaded(timing(), shape(false));
    loaded.load_common(rows[lines], changed.sizes.rounds(), changed.origin());
    for (int line = 0; line < lines; ++line) loaded.load_line(line, rows[static_cast<std::size_t>(line)]);
    CHECK(saved(loaded) == rows);
    CHECK(loaded.origin() == changed.origin());
  });
}

TEST_CASE("lines and positions that are taken over take every field along") {
  const StreamState state = alike(true);
  const std::vector<LineSource> same_lines{{0, 0}, {1, 0}, {2, 0}, {3, 0}};
  each_changed(state, [&](const StreamState& changed, const Held& /*held*/) {
    StreamState by_line(timing(), shape(false)), by_position = by_line;
    by_line.take_lines(changed, same_lines);
    by_position.take_positions(changed, {0, 1, 2, 3, 4});
    for (const StreamState* taken : {&by_line, &by_position}) {
      CHECK(saved(*taken) == saved(changed));
      CHECK(taken->sizes.rounds() == changed.sizes.rounds());
      CHECK(taken->sizes.wavelets_before(1) == changed.sizes.wavelets_before(1));
      CHECK(taken->sizes.groups().front().summed == changed.sizes.groups().front().summed);
    }
  });
  each_changed(alike(true, true), [&](const StreamState& changed, const Held& /*held*/) {
    StreamState taken(timing(), shape(true));
    taken.take_lines(changed, same_lines);
    CHECK(taken.lists.taken == changed.lists.taken);
  });
}

TEST_CASE("times that are told later: all of them, but those that never bind") {
  const StreamState state = alike(true);
  each_changed(state, [&](const StreamState& changed, const Held& held) {
    if (!held.saved) return;
    StreamState later(timing(), shape(false));
    later.take_lines(changed, {{0, 50}, {1, 50}, {2, 50}, {3, 50}});
    CHECK(later.origin() == changed.origin() + 50);
    // Rows are told from each line's own begin.
    if (held.by_line)
      for (int line = 0; line < lines; ++line) {
        Times before, after;
        changed.save_line(line, before);
        later.save_line(line, after);
        CHECK(before == after);
      }
  });
}
