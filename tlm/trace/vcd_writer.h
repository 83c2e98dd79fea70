#pragma once
// Value change dump (IEEE 1364), the format of waveform viewers, timescale 1 ps. A track of names is a variable of type
// string, as viewers read it beside the standard's types; idle is the empty string. A track of numbers is an integer of
// 64 bits; idle is 0.
#include <string>
#include <vector>

#include "tlm/trace/byte_sink.h"
#include "tlm/trace/trace_sink.h"

namespace weft::proto {

class VcdWriter final : public TraceSink {
 public:
  /// `comments` go into the header, one line each. `bytes` outlives it. Same changes, same bytes.
  VcdWriter(ByteSink& bytes, std::vector<std::string> comments) : bytes_(bytes), comments_(std::move(comments)) {}

  void begin(const std::vector<Track>& tracks) override;
  void name(Picosecond at, TrackId track, const std::string& text) override;
  void number(Picosecond at, TrackId track, std::uint64_t value) override;
  void flush(Picosecond until) override;

 private:
  void time(Picosecond at);
  void give_when_full();

  ByteSink& bytes_;
  std::vector<std::string> comments_;
  std::vector<std::string> codes_;  ///< by track, each with its end of line
  std::string text_;
  Picosecond now_ = 0;
};

}  // namespace weft::proto
