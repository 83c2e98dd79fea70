#include "tlm/trace/gtkw_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace weft::proto {

namespace {

// GTKWave's flags of a trace, hexadecimal in its save files.
constexpr const char* text_flags = "820";   // ASCII, left: as the name stands there
constexpr const char* number_flags = "24";  // decimal, right
constexpr const char* comment_flags = "200";
constexpr const char* group_begin = "800200";
constexpr const char* closed_group_begin = "c00200";
constexpr const char* group_end = "1000200";
constexpr const char* closed_group_end = "1401200";

std::string with_blanks(std::string path) {
  std::replace(path.begin(), path.end(), '.', ' ');
  return path;
}

/// The path without its last part, and without the cluster that all are in.
std::string block_of(const std::string& path) {
  const std::string inside = path.rfind("cluster.", 0) == 0 ? path.substr(path.find('.') + 1) : path;
  const auto last = inside.rfind('.');
  return last == std::string::npos ? "" : inside.substr(0, last);
}

std::string signal(const Track& track) {
  const bool names = track.values == TrackValues::names;
  const std::string label =
      with_blanks(track.path.rfind("cluster.", 0) == 0 ? track.path.substr(track.path.find('.') + 1) : track.path);
  return fmt::format("@{}\n+{{{}}} {}\n", names ? text_flags : number_flags, label, track.path);
}

}  // namespace

std::filesystem::path gtkw_path(std::filesystem::path trace) {
  if (trace.extension() == ".gz") trace.replace_extension();
  return trace.replace_extension(".gtkw");
}

// A frame of 200 pixels holds 2^-zoom ps; the waves get some 1000 of the window's pixels.
std::string gtkw_text(const std::filesystem::path& trace, const std::vector<Track>& tracks, Picosecond end,
                      const std::vector<std::string>& comments) {
  constexpr double frame = 200, waves = 1000;
  const double zoom = -std::log2(std::max(1.0, static_cast<double>(end) * frame / waves));
  std::string text = fmt::format(
      "[*] Opens in GTKWave: gtkwave {}\n[dumpfile] \"{}\"\n[timestart] 0\n[size] 1500 820\n[pos] -1 -1\n"
      "*{:.4f} 0 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1\n"
      "[sst_width] 0\n[signals_width] 330\n[sst_expanded] 0\n",
      gtkw_path(trace).filename().string(), trace.filename().string(), zoom);
  for (const std::string& comment : comments) text += fmt::format("@{}\n-{}\n", comment_flags, comment);
  // Phases and PEs by block, in the order in which they were declared; links in groups that can be opened.
  const auto add = [&](const std::string& scope, bool closed) {
    std::vector<std::string> blocks;
    std::map<std::string, std::string> signals;
    for (const Track& track : tracks) {
      if (track.scope != scope) continue;
      const std::string block = block_of(track.path);
      if (signals.find(block) == signals.end()) blocks.push_back(block);
      signals[block] += signal(track);
    }
    for (const std::string& block : blocks) {
      const std::string title = with_blanks(block);
      text += fmt::format("@{}\n-{}\n{}@{}\n-{}\n", closed ? closed_group_begin : group_begin, title, signals[block],
                          closed ? closed_group_end : group_end, title);
    }
  };
  add("phases", false);
  add("pes", false);
  add("links", false);
  return text;
}

}  // namespace weft::proto
