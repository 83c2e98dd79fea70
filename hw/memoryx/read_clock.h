#pragma once
// When MemoryX may read next, and when what it has read was all there: each with what it waited for.
#include <utility>

#include "tlm/base/units.h"
#include "tlm/stats/cause.h"

namespace weft::hw {

class ReadClock {
 public:
  /// The first read is not before `first`, because of `cause`.
  ReadClock(Picosecond first, proto::Cause cause) : issue_(first), issue_cause_(std::move(cause)) {}

  /// Of the latest read, or no earlier than which the next is. Never goes back.
  Picosecond issue() const { return issue_; }
  const proto::Cause& issue_cause() const { return issue_cause_; }
  /// The latest end of a read so far.
  Picosecond done() const { return done_; }
  const proto::Cause& done_cause() const { return done_cause_; }

  /// The next read is not before `at`, because of `cause`.
  void issue_from(Picosecond at, const proto::Cause& cause) {
    if (at <= issue_) return;
    issue_ = at;
    issue_cause_ = cause;
  }
  /// A read ended at `at`, because of `cause`.
  void read(Picosecond at, const proto::Cause& cause) {
    if (at <= done_) return;
    done_ = at;
    done_cause_ = cause;
  }

 private:
  Picosecond issue_;
  proto::Cause issue_cause_;
  Picosecond done_ = 0;
  proto::Cause done_cause_;
};

}  // namespace weft::hw
