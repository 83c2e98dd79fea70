#include "tlm/trace/vcd.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <istream>
#include <ostream>
#include <sstream>

#include "tlm/base/error.h"

namespace weft::proto {

namespace {

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
  std::vector<std::size_t> order(tracks.size());
  for (std::size_t index = 0; index < order.size(); ++index) order[index] = index;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return tracks[a] < tracks[b]; });
  std::vector<std::string> open;
  for (const std::size_t index : order) {
    std::vector<std::string> parts = parts_of(tracks[index]);
    const std::string name = parts.back();
    parts.pop_back();
    std::size_t common = 0;
    while (common < open.size() && common < parts.size() && open[common] == parts[common]) ++common;
    for (; open.size() > common; open.pop_back()) stream << "$upscope $end\n";
    for (; open.size() < parts.size(); open.push_back(parts[open.size()])) stream << "$scope module " << parts[open.size()] << " $end\n";
    stream << "$var reg 32 " << code_of(index) << ' ' << name << " $end\n";
  }
  for (; !open.empty(); open.pop_back()) stream << "$upscope $end\n";
}

std::string binary(std::uint32_t value) {
  std::string digits = std::bitset<32>(value).to_string();
  const auto first = digits.find('1');
  return first == std::string::npos ? "0" : digits.substr(first);
}

}  // namespace

void write_vcd(std::ostream& stream, const SpanRecorder& recorder) {
  struct Change {
    Picosecond at;
    TrackId track;
    std::uint32_t value;
  };
  std::vector<Span> spans = recorder.spans();
  std::stable_sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.track != b.track ? a.track < b.track : a.begin < b.begin; });
  std::vector<Change> changes;
  for (std::size_t index = 0; index < spans.size(); ++index) {
    const Span& span = spans[index];
    const bool again = index + 1 < spans.size() && spans[index + 1].track == span.track;
    if (again && spans[index + 1].begin < span.end)
      throw SimulationError(fmt::format("trace: two spans of {} overlap at {} ps", recorder.tracks()[static_cast<std::size_t>(span.track)], spans[index + 1].begin));
    changes.push_back({span.begin, span.track, span.value});
    if (!again || spans[index + 1].begin > span.end) changes.push_back({span.end, span.track, 0});
  }
  std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.at < b.at; });
  stream << "$version weft $end\n$timescale 1ps $end\n";
  if (recorder.dropped() > 0) stream << "$comment " << recorder.dropped() << " spans past the limit were dropped $end\n";
  write_scopes(stream, recorder.tracks());
  stream << "$enddefinitions $end\n#0\n$dumpvars\n";
  for (std::size_t index = 0; index < recorder.tracks().size(); ++index) stream << "b0 " << code_of(index) << '\n';
  stream << "$end\n";
  Picosecond now = 0;
  for (const Change& change : changes) {
    if (change.at != now) stream << '#' << (now = change.at) << '\n';
    stream << 'b' << binary(change.value) << ' ' << code_of(static_cast<std::size_t>(change.track)) << '\n';
  }
}

std::map<std::string, VcdTrack> read_vcd(std::istream& stream) {
  struct State {
    std::string path;
    std::uint32_t value = 0;
    Picosecond since = 0;
  };
  std::map<std::string, State> states;
  std::map<std::string, VcdTrack> tracks;
  std::vector<std::string> scopes;
  std::string word;
  Picosecond now = 0;
  const auto skip_to_end = [&] {
    while (stream >> word && word != "$end") {}
  };
  while (stream >> word) {
    if (word == "$scope") {
      std::string kind, name;
      stream >> kind >> name;
      scopes.push_back(name);
      skip_to_end();
    } else if (word == "$upscope") {
      if (scopes.empty()) throw UsageError("VCD: $upscope without $scope");
      scopes.pop_back();
      skip_to_end();
    } else if (word == "$var") {
      std::string kind, size, code, name;
      stream >> kind >> size >> code >> name;
      skip_to_end();
      std::string path;
      for (const std::string& scope : scopes) path += scope + ".";
      states[code].path = path + name;
      tracks[path + name];
    } else if (word == "$dumpvars" || word == "$end") {
      continue;
    } else if (word[0] == '$') {
      skip_to_end();
    } else if (word[0] == '#') {
      now = std::stoll(word.substr(1));
    } else if (word[0] == 'b') {
      std::string code;
      stream >> code;
      const auto found = states.find(code);
      if (found == states.end()) throw UsageError("VCD: a change of the undeclared " + code);
      State& state = found->second;
      VcdTrack& track = tracks[state.path];
      if (state.value != 0) {
        track.busy += now - state.since;
        track.busy_of_value[state.value] += now - state.since;
      }
      state.value = static_cast<std::uint32_t>(std::stoull(word.substr(1), nullptr, 2));
      state.since = now;
      ++track.changes;
    } else {
      throw UsageError("VCD: cannot read '" + word + "'");
    }
  }
  return tracks;
}

}  // namespace weft::proto
