#include "sw/kernels/assembler.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "hw/pe/instruction_text.h"
#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

using hw::Instruction;
using hw::InstructionField;

namespace {

constexpr int last_color = 31;  // of the encoding; validate() knows the machine's
constexpr int last_word = 0xffff;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();) {
    at = std::min(line.find_first_not_of(" \t\r", at), line.size());
    const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    if (end > at) words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

hw::Opcode opcode_of(std::string_view name) {
  std::vector<std::string> names;
  for (int opcode = 0; opcode < hw::opcode_end; ++opcode) {
    if (!hw::opcode_exists(opcode)) continue;
    names.emplace_back(hw::text_of(static_cast<hw::Opcode>(opcode)).name);
    if (names.back() == name) return static_cast<hw::Opcode>(opcode);
  }
  throw UsageError(fmt::format("unknown instruction {}{}", name, suggest(name, names)));
}

// The fields of one line as they come; which of them belong to the instruction is known when all have been seen.
class Line {
 public:
  explicit Line(const std::vector<std::string_view>& words) {
    instruction_.opcode = opcode_of(words.front());
    form_ = &hw::text_of(instruction_.opcode);
    for (std::size_t at = 1; at < words.size(); ++at) take(words[at]);
  }

  Instruction finish() {
    for (const InstructionField& field : form_->fields) {
      const bool written = std::find(seen_.begin(), seen_.end(), field.name) != seen_.end();
      const bool used = field.used_by(instruction_);
      if (used && !written)
        throw UsageError(fmt::format("{}: {}= is missing (0 to {})", form_->name, field.name, last_word));
      if (!used && written)
        throw UsageError(fmt::format("{}: {}= has no meaning {}", form_->name, field.name, why_unused(field)));
    }
    if (instruction_.close && !instruction_.fabric_out)
      throw UsageError(fmt::format("{}: advance= closes a fabric output: out= is missing", form_->name));
    if (instruction_.silent && !instruction_.close)
      throw UsageError(fmt::format("{}: silent is said of a control wavelet: advance= is missing", form_->name));
    return instruction_;
  }

 private:
  static const char* why_unused(const InstructionField& field) {
    switch (field.use) {
      case hw::FieldUse::with_in:
        return "without in=";
      case hw::FieldUse::without_in:
        return "with in=";
      default:
        return "with out=";
    }
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const InstructionField& field : form_->fields) names.emplace_back(field.name);
    if (form_->takes) names.emplace_back("in");
    if (form_->sends) names.emplace_back("out");
    if (form_->closes) names.insert(names.end(), {"advance", "silent"});
    if (form_->lists) names.emplace_back("listed");
    return names;
  }

  void take(std::string_view word) {
    const std::size_t equals = word.find('=');
    const std::string name(word.substr(0, equals));
    const std::vector<std::string> known = names();
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError(fmt::format("{}: unknown field {}{}", form_->name, name, suggest(name, known)));
    if (std::find(seen_.begin(), seen_.end(), name) != seen_.end())
      throw UsageError(fmt::format("{}: {} is written twice", form_->name, name));
    seen_.push_back(name);
    if (name == "silent" || name == "listed") {
      if (equals != std::string_view::npos) throw UsageError(fmt::format("{}: {} has no value", form_->name, name));
      (name == "silent" ? instruction_.silent : instruction_.listed) = true;
      return;
    }
    const bool color = name == "in" || name == "out";
    const int most = color ? last_color : last_word;
    const std::string_view text = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
    const std::optional<int> value = number(text);
    if (!value || *value < 0 || *value > most)
      throw UsageError(fmt::format("{}: {}={}: allowed 0 to {}", form_->name, name, text, most));
    set(name, *value);
  }

  void set(const std::string& name, int value) {
    if (name == "in") {
      instruction_.fabric_in = static_cast<std::uint8_t>(value);
    } else if (name == "out") {
      instruction_.fabric_out = static_cast<std::uint8_t>(value);
    } else if (name == "advance") {
      instruction_.close = true;
      instruction_.advance = static_cast<std::uint16_t>(value);
    } else {
      for (const InstructionField& field : form_->fields)
        if (name == field.name) instruction_.*field.place = static_cast<std::uint16_t>(value);
    }
  }

  Instruction instruction_;
  const hw::OpcodeText* form_ = nullptr;
  std::vector<std::string> seen_;
};

Instruction assemble_words(const std::vector<std::string_view>& words) {
  if (words.empty()) throw UsageError("an instruction is missing");
  return Line(words).finish();
}

// "0>" and "12:" in front of an instruction.
void take_marks(std::vector<std::string_view>& words, hw::Program& program) {
  const int here = static_cast<int>(program.code.size());
  if (!words.empty() && words.front().back() == '>') {
    const auto thread = number(words.front().substr(0, words.front().size() - 1));
    if (!thread || *thread < 0 || *thread >= hw::thread_count)
      throw UsageError(fmt::format("{}: threads are 0 and {}", words.front(), hw::thread_count - 1));
    auto& entry = program.entry[static_cast<std::size_t>(*thread)];
    if (entry) throw UsageError(fmt::format("{}: thread {} begins at {} already", words.front(), *thread, *entry));
    entry = here;
    words.erase(words.begin());
  }
  if (!words.empty() && words.front().back() == ':') {
    if (number(words.front().substr(0, words.front().size() - 1)) != here)
      throw UsageError(fmt::format("{} this is instruction {}", words.front(), here));
    words.erase(words.begin());
  }
}

}  // namespace

Instruction assemble_line(std::string_view line) { return assemble_words(words_of(line)); }

hw::Program assemble(std::string_view text, const std::string& name) {
  hw::Program program;
  int line = 0;
  while (!text.empty()) {
    ++line;
    const std::size_t end = std::min(text.find('\n'), text.size());
    auto words = words_of(text.substr(0, std::min(text.substr(0, end).find('#'), end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty()) continue;
    try {
      take_marks(words, program);
      program.code.push_back(assemble_words(words));
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("{}:{}: {}", name, line, error.what()));
    }
  }
  return program;
}

}  // namespace weft::sw
