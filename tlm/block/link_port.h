#pragma once
// A sender's end of a link direction: the Link recurrence, its books and its track.
#include <string>
#include <utility>

#include "tlm/block/block.h"
#include "tlm/stats/launch_record.h"
#include "tlm/trace/recorder.h"

namespace weft::proto {

/// Value of a link's track while it is busy: layer + 1 of weights, gradient and checkpoint blocks,
/// `no_layer` for blocks that belong to no layer.
inline constexpr std::uint32_t no_layer = 65535;

inline std::uint32_t track_value(const BlockTag& tag) {
  switch (tag.kind) {
    case BlockKind::weights:
    case BlockKind::gradient:
    case BlockKind::checkpoint:
      return static_cast<std::uint32_t>(tag.layer) + 1;
    default:
      return no_layer;
  }
}

class LinkPort {
 public:
  /// `name` is the path of the link's track (scope "links") and of its record.
  LinkPort(std::string name, std::string link_class, double gbps, Picosecond latency_ps, Recorder& recorder)
      : name_(std::move(name)),
        class_(std::move(link_class)),
        link_(gbps, latency_ps),
        recorder_(&recorder),
        track_(recorder.track(name_, "links")) {}

  /// Arrival of the last byte at the far end (Link::send).
  Picosecond send(Picosecond ready, const BlockTag& tag, Bytes bytes) {
    const Picosecond busy_before = link_.busy_ps();
    const Picosecond arrival = link_.send(ready, bytes);
    if (track_ >= 0 && bytes > 0) {
      const Picosecond start = link_.start_of_last();
      recorder_->span(track_, start, start + (link_.busy_ps() - busy_before), track_value(tag));
    }
    return arrival;
  }

  LinkRecord record() const { return {name_, class_, link_.bytes(), link_.busy_ps(), link_.free_at()}; }

 private:
  std::string name_, class_;
  Link link_;
  Recorder* recorder_;
  TrackId track_;
};

}  // namespace weft::proto
