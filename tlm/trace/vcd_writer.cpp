#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <numeric>
#include <ostream>
#include <sstream>

#include "tlm/base/error.h"
#include "tlm/trace/vcd.h"

namespace weft::proto {

namespace {

using Order = std::vector<std::uint32_t>;  // indices into the recorder's spans: half the size of a sorted copy

/// Printable identifier of a track, base 94.
std::string code_of(std::size_t index) {
  std::string code;
  do {
    code.push_back(static_cast<char>('!' + index % 94));
    index /= 94;
  } while (index > 0);
  return code;
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::stringstream stream(path);
  for (std::string part; std::getline(stream, part, '.');) parts.push_back(part);
  return parts;
}

void write_scopes(std::ostream& stream, const std::vector<std::string>& tracks) {
  Order order(tracks.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return tracks[a] < tracks[b]; });
  std::vector<std::string> open;
  for (const std::uint32_t index : order) {
    std::vector<std::string> parts = parts_of(tracks[index]);
    const std::string name = parts.back();
    parts.pop_back();
    std::size_t common = 0;
    while (common < open.size() && common < parts.size() && open[common] == parts[common]) ++common;
    for (; open.size() > common; open.pop_back()) stream << "$upscope $end\n";
    for (; open.size() < parts.size(); open.push_back(parts[open.size()]))
      stream << "$scope module " << parts[open.size()] << " $end\n";
    stream << "$var reg 32 " << code_of(index) << ' ' << name << " $end\n";
  }
  for (; !open.empty(); open.pop_back()) stream << "$upscope $end\n";
}

std::string binary(std::uint32_t value) {
  const std::string digits = std::bitset<32>(value).to_string();
  const auto first = digits.find('1');
  return first == std::string::npos ? "0" : digits.substr(first);
}

/// True for a span at whose end the next of its track begins: the value changes there once, not by way of 0.
std::vector<bool> continued(const SpanRecorder& recorder) {
  const std::vector<Span>& spans = recorder.spans();
  Order order(spans.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&spans](auto a, auto b) {
    return spans[a].track != spans[b].track ? spans[a].track < spans[b].track : spans[a].begin < spans[b].begin;
  });
  std::vector<bool> result(spans.size());
  for (std::size_t place = 0; place + 1 < order.size(); ++place) {
    const Span &span = spans[order[place]], &next = spans[order[place + 1]];
    if (span.track != next.track) continue;
    if (next.begin < span.end)
      throw SimulationError(fmt::format("trace: two spans of {} overlap at {} ps",
                                        recorder.tracks()[static_cast<std::size_t>(span.track)], next.begin));
    result[order[place]] = next.begin == span.end;
  }
  return result;
}

void write_changes(std::ostream& stream, const SpanRecorder& recorder) {
  const std::vector<Span>& spans = recorder.spans();
  const std::vector<bool> goes_on = continued(recorder);
  Order begins(spans.size());
  std::iota(begins.begin(), begins.end(), 0U);
  Order ends;
  std::copy_if(begins.begin(), begins.end(), std::back_inserter(ends),
               [&goes_on](auto index) { return !goes_on[index]; });
  std::sort(begins.begin(), begins.end(), [&spans](auto a, auto b) {
    return spans[a].begin != spans[b].begin ? spans[a].begin < spans[b].begin : spans[a].track < spans[b].track;
  });
  std::sort(ends.begin(), ends.end(), [&spans](auto a, auto b) {
    return spans[a].end != spans[b].end ? spans[a].end < spans[b].end : spans[a].track < spans[b].track;
  });
  Picosecond now = 0;
  const auto change = [&stream, &now](Picosecond at, TrackId track, std::uint32_t value) {
    if (at != now) stream << '#' << (now = at) << '\n';
    stream << 'b' << binary(value) << ' ' << code_of(static_cast<std::size_t>(track)) << '\n';
  };
  auto end = ends.begin();
  for (const std::uint32_t index : begins) {
    const Span& span = spans[index];
    for (; end != ends.end() && spans[*end].end <= span.begin; ++end) change(spans[*end].end, spans[*end].track, 0);
    change(span.begin, span.track, span.value);
  }
  for (; end != ends.end(); ++end) change(spans[*end].end, spans[*end].track, 0);
}

}  // namespace

void write_vcd(std::ostream& stream, const SpanRecorder& recorder, const std::vector<std::string>& comments) {
  stream << "$version weft $end\n$timescale 1ps $end\n";
  for (const std::string& comment : comments) stream << "$comment " << comment << " $end\n";
  if (recorder.dropped() > 0)
    stream << "$comment " << recorder.dropped() << " spans past the limit were dropped; complete until "
           << recorder.complete_until() << " ps $end\n";
  write_scopes(stream, recorder.tracks());
  stream << "$enddefinitions $end\n#0\n$dumpvars\n";
  for (std::size_t index = 0; index < recorder.tracks().size(); ++index) stream << "b0 " << code_of(index) << '\n';
  stream << "$end\n";
  write_changes(stream, recorder);
}

}  // namespace weft::proto
