#include "tlm/trace/vcd_writer.h"

#include <algorithm>
#include <bitset>
#include <numeric>
#include <sstream>

#include "tlm/trace/trace_schema.h"

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

std::string scopes_of(const std::vector<Track>& tracks) {
  std::string text;
  std::vector<std::size_t> order(tracks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return tracks[a].path < tracks[b].path; });
  std::vector<std::string> open;
  for (const std::size_t index : order) {
    std::vector<std::string> parts = parts_of(tracks[index].path);
    const std::string name = parts.back();
    parts.pop_back();
    std::size_t common = 0;
    while (common < open.size() && common < parts.size() && open[common] == parts[common]) ++common;
    for (; open.size() > common; open.pop_back()) text += "$upscope $end\n";
    for (; open.size() < parts.size(); open.push_back(parts[open.size()]))
      text += "$scope module " + parts[open.size()] + " $end\n";
    const char* type = tracks[index].values == TrackValues::names ? "string 1 " : "integer 64 ";
    text += "$var " + (type + code_of(index)) + ' ' + name + " $end\n";
  }
  for (; !open.empty(); open.pop_back()) text += "$upscope $end\n";
  return text;
}

void append_binary(std::string& text, std::uint64_t value) {
  const std::string digits = std::bitset<64>(value).to_string();
  const auto first = digits.find('1');
  text.append(first == std::string::npos ? "0" : digits.c_str() + first);
}

}  // namespace

void VcdWriter::begin(const std::vector<Track>& tracks) {
  text_ = "$version weft " + trace_schema.text() + " $end\n$timescale 1ps $end\n";
  for (const std::string& comment : comments_) text_ += "$comment " + comment + " $end\n";
  text_ += scopes_of(tracks) + "$enddefinitions $end\n#0\n$dumpvars\n";
  for (std::size_t index = 0; index < tracks.size(); ++index) {
    codes_.push_back(' ' + code_of(index) + '\n');
    text_ += (tracks[index].values == TrackValues::names ? "s" : "b0") + codes_.back();
  }
  text_ += "$end\n";
}

void VcdWriter::time(Picosecond at) {
  if (at == now_) return;
  now_ = at;
  text_ += '#';
  text_ += std::to_string(at);
  text_ += '\n';
}

void VcdWriter::give_when_full() {
  constexpr std::size_t full = 1U << 18U;
  if (text_.size() < full) return;
  bytes_.write(text_);
  text_.clear();
}

void VcdWriter::name(Picosecond at, TrackId track, const std::string& text) {
  time(at);
  text_ += 's';
  text_ += text;
  text_ += codes_[static_cast<std::size_t>(track)];
  give_when_full();
}

void VcdWriter::number(Picosecond at, TrackId track, std::uint64_t value) {
  time(at);
  text_ += 'b';
  append_binary(text_, value);
  text_ += codes_[static_cast<std::size_t>(track)];
  give_when_full();
}

void VcdWriter::flush(Picosecond until) {
  time(std::max(until, now_));
  bytes_.write(text_);
  text_.clear();
  bytes_.flush();
}

}  // namespace weft::proto
