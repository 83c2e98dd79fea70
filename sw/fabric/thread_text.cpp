#include "sw/fabric/thread_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "sw/kernels/assembler.h"
#include "sw/kernels/program_builder.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

constexpr Number most_passes = 0xffff;

template <typename Action>
auto at_line(int number, const Action& action) {
  try {
    return action();
  } catch (const UsageError& error) {
    const std::string text = error.what();
    if (text.rfind("line ", 0) == 0) throw;
    throw UsageError(fmt::format("line {}: {}", number, text));
  }
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

}  // namespace

ThreadText::ThreadText(const std::string& text, const Names& names, int first_line) {
  copy_ = static_cast<std::size_t>(std::find(names.begin(), names.end(), "i") - names.begin());
  std::istringstream stream(text);
  std::string line;
  for (int number = first_line; std::getline(stream, line); ++number) {
    line = trimmed(line.substr(0, line.find('#')));
    if (!line.empty()) at_line(number, [&] { read_line(line, number, names); });
  }
  std::vector<std::size_t> open;
  for (std::size_t at = 0; at < lines_.size(); ++at) {
    const Line& here = lines_[at];
    at_line(here.number, [&] {
      if (here.kind != Line::Kind::instruction && here.kind != Line::Kind::end) {
        for (const std::size_t outer : open) {
          if (here.kind == Line::Kind::choice || lines_[outer].kind != here.kind) continue;
          if (here.kind == Line::Kind::unroll) throw UsageError("an unroll in an unroll: there is one i");
          if (lines_[outer].counter == here.counter)
            throw UsageError(fmt::format("counter {} is that of the repeat around it", here.counter));
        }
        open.push_back(at);
      } else if (here.kind == Line::Kind::end) {
        if (open.empty()) throw UsageError("an end without repeat, unroll or if");
        lines_[open.back()].end = at;
        open.pop_back();
      }
    });
  }
  if (!open.empty()) throw UsageError(fmt::format("line {}: its end is missing", lines_[open.back()].number));
}

void ThreadText::read_line(const std::string& text, int number, const Names& names) {
  Line line;
  line.number = number;
  const std::string word = text.substr(0, text.find_first_of(" \t")), rest = trimmed(text.substr(word.size()));
  if (word == "end") {
    if (!rest.empty()) throw UsageError(fmt::format("end {}: end stands alone", rest));
    line.kind = Line::Kind::end;
  } else if (word == "unroll" || word == "if") {
    line.kind = word == "if" ? Line::Kind::choice : Line::Kind::unroll;
    line.count.emplace_back(rest, names);
  } else if (word == "repeat") {
    line.kind = Line::Kind::repeat;
    const std::size_t mark = rest.rfind("counter=");
    const std::string counter = mark == std::string::npos ? "" : trimmed(rest.substr(mark + 8));
    if (counter.size() != 1 || counter[0] < '0' || counter[0] >= '0' + hw::loop_counters)
      throw UsageError(fmt::format("{}: repeat FORMULA counter=N, N 0 to {}", text, hw::loop_counters - 1));
    line.counter = counter[0] - '0';
    line.count.emplace_back(trimmed(rest.substr(0, mark)), names);
  } else {
    if (word == "LOOP" || word == "HALT")
      throw UsageError(fmt::format("{}: repeat and the end of the text write it", word));
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t open = std::min(text.find('{', at), text.size());
      line.pieces.push_back({text.substr(at, open - at), {}});
      if (open == text.size()) break;
      const std::size_t close = text.find('}', open);
      if (close == std::string::npos) throw UsageError(fmt::format("{}: '}}' is missing", text));
      line.pieces.back().formula.emplace_back(text.substr(open + 1, close - open - 1), names);
      at = close + 1;
    }
  }
  lines_.push_back(std::move(line));
}

void ThreadText::append(hw::Program& program, std::vector<Number> values) const {
  emit(0, lines_.size(), program, values);
  ProgramBuilder(program).halt();
}

void ThreadText::emit(std::size_t first, std::size_t end, hw::Program& program, std::vector<Number>& values) const {
  for (std::size_t at = first; at < end; ++at) {
    const Line& line = lines_[at];
    at_line(line.number, [&] {
      if (line.kind == Line::Kind::instruction) {
        std::string text;
        for (const Piece& piece : line.pieces) {
          text += piece.text;
          for (const Expression& formula : piece.formula) text += std::to_string(formula.evaluate(values));
        }
        program.code.push_back(assemble_line(text));
        if (program.code.size() > hw::program_capacity)
          throw UsageError(fmt::format("more than the {} instructions of a PE", hw::program_capacity));
      } else {
        emit_block(line, at, program, values);
      }
    });
    if (line.kind != Line::Kind::instruction) at = line.end;
  }
}

void ThreadText::emit_block(const Line& line, std::size_t first, hw::Program& program,
                            std::vector<Number>& values) const {
  Number count = line.count.front().evaluate(values);
  if (line.kind == Line::Kind::choice) count = count != 0 ? 1 : 0;
  if (count < 0 || count > most_passes) throw UsageError(fmt::format("{} times: allowed 0 to {}", count, most_passes));
  ProgramBuilder builder(program);
  const int begin = builder.here();
  const bool unrolls = line.kind == Line::Kind::unroll;
  for (Number copy = 0; copy < (unrolls ? count : std::min<Number>(count, 1)); ++copy) {
    if (unrolls) values[copy_] = copy;
    emit(first + 1, line.end, program, values);
    if (builder.here() == begin) break;
  }
  if (!unrolls && count > 1 && builder.here() > begin) builder.loop(begin, static_cast<int>(count), line.counter);
}

}  // namespace weft::sw
