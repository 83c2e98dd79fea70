#pragma once
// Why something happened when it did: each event refers to the one that it had waited for last. Walking backwards from
// the end of a step gives what bounded it, in pieces that add up exactly.
#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

#include "tlm/base/units.h"
#include "tlm/stats/limiter.h"

namespace weft::proto {

/// Whose work a stretch of time was.
struct WorkOf {
  std::int16_t layer = -1;   ///< index into Job::layers; -1: of none
  std::int16_t launch = -1;  ///< index into Job::launches(train); -1: of none
  bool train = true;

  friend bool operator==(const WorkOf& a, const WorkOf& b) {
    return a.layer == b.layer && a.launch == b.launch && a.train == b.train;
  }
  friend bool operator<(const WorkOf& a, const WorkOf& b) {
    return std::tuple(a.train, a.launch, a.layer) < std::tuple(b.train, b.launch, b.layer);
  }
};

/// A reference to an event that worked for a `Work`. Cheap to copy; an event lives as long as somebody refers to it or
/// to what it caused. Not for several threads: only the simulation's own thread, in which SystemC runs, makes and drops
/// events.
template <typename Work>
class CauseOf {
 public:
  CauseOf() = default;
  CauseOf(const CauseOf& other) : event_(other.event_) {
    if (event_) ++event_->holders;
  }
  CauseOf(CauseOf&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  CauseOf& operator=(CauseOf other) noexcept {
    std::swap(event_, other.event_);
    return *this;
  }
  ~CauseOf() { release(event_); }

  /// Of the event; the begin of the run where there is none.
  Picosecond at() const { return event_ ? event_->at : 0; }

  /// The event at `at` that had waited for this one last, and was held up by `limiter` since then. An `at` not after
  /// this event is this event. What goes on being held up by the same for the same work is one stretch.
  CauseOf then(Limiter limiter, Work work, Picosecond at) && {
    if (at <= this->at()) return std::move(*this);
    if (event_ && event_->limiter == limiter && event_->work == work) {
      if (event_->holders == 1) {
        event_->at = at;
        return std::move(*this);
      }
      return CauseOf(new Event{at, hold(event_->before), 1, limiter, work});
    }
    return CauseOf(new Event{at, std::exchange(event_, nullptr), 1, limiter, work});
  }
  CauseOf then(Limiter limiter, Work work, Picosecond at) const& { return CauseOf(*this).then(limiter, work, at); }

  /// Calls visit(limiter, work, begin, end) for the stretches of time from this event back to `from`, the latest
  /// first. They are gapless.
  template <typename Visit>
  void walk(Picosecond from, Visit&& visit) const {
    for (const Event* event = event_; event && event->at > from; event = event->before)
      visit(event->limiter, event->work, std::max(from, event->before ? event->before->at : from), event->at);
  }

  /// No walk goes back beyond `from` any more: what came before is dropped.
  void forget_before(Picosecond from) {
    Event* event = event_;
    while (event && event->at > from) event = event->before;
    if (event) release(std::exchange(event->before, nullptr));
  }

 private:
  struct Event {
    Picosecond at;
    Event* before;
    std::uint32_t holders;
    Limiter limiter;
    Work work;
  };
  explicit CauseOf(Event* event) : event_(event) {}
  static Event* hold(Event* event) {
    if (event) ++event->holders;
    return event;
  }
  static void release(Event* event) {
    while (event && --event->holders == 0) {
      Event* before = event->before;
      delete event;
      event = before;
    }
  }

  Event* event_ = nullptr;
};
using Cause = CauseOf<WorkOf>;

/// What held up most of the time from `from` to the event; `none` where there is no such time.
inline Limiter most_of(const Cause& event, Picosecond from, Limiter none) {
  std::array<Picosecond, limiters> sums{};
  event.walk(from, [&](Limiter limiter, const WorkOf&, Picosecond begin, Picosecond end) {
    sums[static_cast<std::size_t>(limiter)] += end - begin;
  });
  const auto most = std::max_element(sums.begin(), sums.end());
  return *most > 0 ? static_cast<Limiter>(most - sums.begin()) : none;
}

}  // namespace weft::proto
