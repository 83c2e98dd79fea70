#pragma once
// Brings spans into the order of time: they are held until their sources have settled what was before them, then go to
// a sink. Bounded, so that a step of many spans cannot eat the machine.
#include <map>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tlm/trace/trace_selection.h"
#include "tlm/trace/trace_sink.h"

namespace weft::proto {

class SpanRecorder final : public Recorder {
 public:
  /// Once `limit` spans are held, further ones are dropped and counted. `sink` outlives it.
  SpanRecorder(TraceSelection selection, TraceSink& sink, std::size_t limit = 20'000'000)
      : selection_(std::move(selection)), sink_(sink), limit_(limit) {}

  /// Throws SimulationError if the path was declared before (a viewer could not tell the two apart), or after begin().
  TrackId track(const std::string& path, const std::string& scope, TrackValues values) override;
  std::uint64_t name(const std::string& text) override;
  std::string layer(int index) const override;
  void call_layers(const std::vector<std::string>& names) override { layers_ = names; }
  /// Throws SimulationError if two spans of one track overlap, when they are settled.
  void span(TrackId track, Picosecond begin, Picosecond end, std::uint64_t value) override;
  int source() override;
  void settled(int source, Picosecond until) override;
  bool active() const override { return true; }

  /// All tracks are declared. Throws UsageError that names each pattern that fits none, with the nearest path.
  void begin();
  /// Gives the sink what is left. Nothing is told afterwards.
  void finish();

  bool begun() const { return begun_; }
  const std::vector<Track>& tracks() const { return tracks_; }
  std::size_t dropped() const { return dropped_; }
  /// Every span that begins before this instant was kept. Meaningful when dropped() > 0.
  Picosecond complete_until() const { return complete_until_; }
  /// Spans that began before what was settled: they are cut there.
  std::size_t late() const { return late_; }
  /// The end of all spans so far.
  Picosecond end() const { return end_; }

 private:
  struct Span {
    TrackId track;
    std::uint64_t value;
    Picosecond begin, end;
  };
  using End = std::pair<Picosecond, TrackId>;

  void write_until(Picosecond until);
  void write_ends_before(Picosecond until);
  void change(Picosecond at, TrackId track, std::uint64_t value);

  TraceSelection selection_;
  TraceSink& sink_;
  std::size_t limit_, dropped_ = 0, late_ = 0;
  Picosecond complete_until_ = 0, end_ = 0;
  bool begun_ = false;
  std::vector<Track> tracks_;
  std::set<std::string> known_;
  std::map<std::string, std::uint64_t> values_;
  std::vector<std::string> names_{""};  ///< by value
  std::vector<std::string> layers_;
  std::vector<Picosecond> promises_;  ///< by source
  Picosecond written_ = 0;            ///< until then all is with the sink
  std::vector<Span> spans_;
  std::vector<Picosecond> ends_;  ///< by track: of the last span that is with the sink
  std::priority_queue<End, std::vector<End>, std::greater<>> open_;
};

}  // namespace weft::proto
