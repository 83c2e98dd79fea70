#pragma once
// A sender's end of a link direction: the Link recurrence, its books and its track.
#include <map>
#include <string>
#include <utility>

#include "tlm/block/block.h"
#include "tlm/block/describe.h"
#include "tlm/block/link.h"
#include "tlm/block/work_of.h"
#include "tlm/stats/caused_launch.h"
#include "tlm/trace/recorder.h"

namespace weft::proto {

/// What a link's track shows while the block is on it, e.g. "fc1.weights"; of blocks that belong to no layer the kind.
inline std::string shown(const BlockTag& tag, const Recorder& recorder) {
  const bool of_layer =
      tag.kind == BlockKind::weights || tag.kind == BlockKind::gradient || tag.kind == BlockKind::checkpoint;
  const std::string layer = of_layer ? recorder.layer(tag.layer) : "";
  return layer.empty() ? name_of(tag.kind) : layer + '.' + name_of(tag.kind);
}

class LinkPort {
 public:
  /// `name` is the path of the link's track (scope "links") and of its record. `limiter`: what waiting for it is.
  LinkPort(std::string name, std::string link_class, Limiter limiter, double gbps, Picosecond latency_ps,
           Recorder& recorder)
      : limiter_(limiter),
        name_(std::move(name)),
        class_(std::move(link_class)),
        link_(gbps, latency_ps),
        recorder_(&recorder),
        track_(recorder.track(name_, "links", TrackValues::names)) {}

  /// Arrival of the last byte at the far end (Link::send). `cause`: of `ready`, then of the arrival.
  Picosecond send(Picosecond ready, const BlockTag& tag, Bytes bytes, Cause& cause) {
    const Picosecond busy_before = link_.busy_ps();
    const bool waits = link_.free_at() > ready;
    const Picosecond arrival = link_.send(ready, bytes);
    if (waits) cause = std::move(last_);
    cause = std::move(cause).then(limiter_, work_of(tag), arrival);
    last_ = cause;
    if (tag.stage == 0 && tag.step == 0 && tag.kind != BlockKind::checkpoint)
      step_busy_ += link_.busy_ps() - busy_before;
    if (track_ >= 0 && bytes > 0) {
      const Picosecond start = link_.start_of_last();
      recorder_->span(track_, start, start + (link_.busy_ps() - busy_before), value(tag));
    }
    return arrival;
  }

  LimitingLink record() const {
    return {{name_, class_, link_.bytes(), link_.busy_ps(), link_.free_at()}, limiter_, step_busy_};
  }

 private:
  std::uint64_t value(const BlockTag& tag) {
    std::uint64_t& known = values_[{tag.kind, tag.layer}];
    if (known == 0) known = recorder_->name(shown(tag, *recorder_));
    return known;
  }

  Limiter limiter_;
  std::string name_, class_;
  Link link_;
  Cause last_;  ///< the arrival of the block before
  Picosecond step_busy_ = 0;
  Recorder* recorder_;
  TrackId track_;
  std::map<std::pair<BlockKind, int>, std::uint64_t> values_;  ///< by kind and layer
};

}  // namespace weft::proto
