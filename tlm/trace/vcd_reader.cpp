#include "tlm/trace/vcd_reader.h"

#include <fmt/format.h>

#include <charconv>
#include <istream>
#include <vector>

#include "tlm/base/error.h"
#include "tlm/trace/trace_schema.h"

namespace weft::proto {

namespace {

/// A whole word after its first character as a number. Throws UsageError.
template <typename Number>
Number number_in(const std::string& word, int base) {
  Number value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data() + 1, end, value, base);
  if (error != std::errc() || stop != end || word.size() < 2)
    throw UsageError(fmt::format("VCD: cannot read '{}'", word));
  return value;
}

class Reader {
 public:
  explicit Reader(std::istream& stream) : stream_(stream) {}

  std::map<std::string, VcdTrack> read() {
    for (std::string word; stream_ >> word;) {
      if (word == "$scope") {
        const std::string words = words_to_end();
        scopes_.push_back(words.substr(words.find(' ') + 1));
      } else if (word == "$upscope") {
        if (scopes_.empty()) throw UsageError("VCD: $upscope without $scope");
        scopes_.pop_back();
        words_to_end();
      } else if (word == "$var") {
        declare();
      } else if (word == "$timescale") {
        const std::string scale = words_to_end();
        if (scale != "1ps" && scale != "1 ps") throw UsageError(fmt::format("VCD: timescale {}, expected 1ps", scale));
      } else if (word == "$version") {
        require_read(words_to_end());
      } else if (word[0] == '#') {
        const auto at = number_in<Picosecond>(word, 10);
        if (at < now_) throw UsageError(fmt::format("VCD: time runs back from {} to {}", now_, at));
        now_ = at;
      } else if (word[0] == 'b') {
        std::string code;
        stream_ >> code;
        const auto value = number_in<std::uint64_t>(word, 2);
        change(code, value == 0 ? "" : std::to_string(value));
      } else if (word[0] == 's') {
        std::string code;
        stream_ >> code;
        change(code, word.substr(1));
      } else if (word == "$dumpvars" || word == "$end") {
        continue;
      } else if (word[0] == '$') {
        words_to_end();
      } else {
        throw UsageError(fmt::format("VCD: cannot read '{}'", word));
      }
    }
    return std::move(tracks_);
  }

 private:
  struct State {
    std::string path;
    std::string value;  ///< empty: idle
    Picosecond since = 0;
  };

  /// A waveform of weft says its schema, but for those of version 1.
  static void require_read(const std::string& version) {
    constexpr std::string_view weft = "weft ";
    if (version.rfind(weft, 0) != 0) return;
    const std::string schema = version.substr(weft.size());
    if (!trace_schema.reads(schema)) throw UsageError("VCD: " + trace_schema.refusal(schema));
  }

  std::string words_to_end() {
    std::string words;
    for (std::string word; stream_ >> word;) {
      if (word == "$end") return words;
      words += words.empty() ? word : " " + word;
    }
    throw UsageError("VCD: ends within a $ section (truncated?)");
  }

  void declare() {
    std::string kind, size, code, name;
    stream_ >> kind >> size >> code >> name;
    words_to_end();
    std::string path;
    for (const std::string& scope : scopes_) path += scope + ".";
    states_[code].path = path + name;
    tracks_[path + name];
  }

  void change(const std::string& code, std::string value) {
    const auto found = states_.find(code);
    if (found == states_.end()) throw UsageError(fmt::format("VCD: a change of the undeclared '{}'", code));
    State& state = found->second;
    VcdTrack& track = tracks_[state.path];
    if (!state.value.empty()) {
      track.busy += now_ - state.since;
      track.busy_of_value[state.value] += now_ - state.since;
    }
    state.value = std::move(value);
    state.since = now_;
    ++track.changes;
  }

  std::istream& stream_;
  std::vector<std::string> scopes_;
  std::map<std::string, State> states_;
  std::map<std::string, VcdTrack> tracks_;
  Picosecond now_ = 0;
};

}  // namespace

std::map<std::string, VcdTrack> read_vcd(std::istream& stream) { return Reader(stream).read(); }

}  // namespace weft::proto
