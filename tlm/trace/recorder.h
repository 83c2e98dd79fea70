#pragma once
// The one way in which models say what they do over time. Models hold a Recorder&; a run without a trace
// gives them the null recorder. Spans may come in any order of time until their sources say what is settled.
#include <cstdint>
#include <string>
#include <vector>

#include "tlm/base/units.h"

namespace weft::proto {

using TrackId = int;

/// What a track's values mean to a reader: names (Recorder::name()) or a number.
enum class TrackValues { names, numbers };

class Recorder {
 public:
  virtual ~Recorder() = default;

  /// Declares a track, e.g. path "cluster.memoryx.server3.link", `scope` one of phases, links, pes. Before the run.
  /// Returns its id, or -1 if the run does not record this scope (span() then ignores it).
  virtual TrackId track(const std::string& path, const std::string& scope, TrackValues values) = 0;

  /// The value that viewers show as `text`; the same for the same text. Blanks are shown as '_'.
  virtual std::uint64_t name(const std::string& text) = 0;
  /// What a layer is called, by its index; empty if it was not called anything.
  virtual std::string layer(int index) const = 0;
  virtual void call_layers(const std::vector<std::string>& names) = 0;

  /// The track had `value`, not 0, in [begin, end); outside all spans it is idle. Spans of one track do not overlap and
  /// come in their order.
  virtual void span(TrackId track, Picosecond begin, Picosecond end, std::uint64_t value) = 0;

  /// One of the sources whose promises order a trace: while the run goes on no span that anybody tells begins before
  /// the earliest of them.
  virtual int source() = 0;
  /// A source's promise; never earlier than its last.
  virtual void settled(int source, Picosecond until) = 0;

  /// True if spans of any scope are kept: lets a model skip work that only a trace needs.
  virtual bool active() const = 0;
};

/// Records nothing.
class NullRecorder final : public Recorder {
 public:
  TrackId track(const std::string&, const std::string&, TrackValues) override { return -1; }
  std::uint64_t name(const std::string&) override { return 0; }
  std::string layer(int) const override { return ""; }
  void call_layers(const std::vector<std::string>&) override {}
  void span(TrackId, Picosecond, Picosecond, std::uint64_t) override {}
  int source() override { return 0; }
  void settled(int, Picosecond) override {}
  bool active() const override { return false; }
};

}  // namespace weft::proto
