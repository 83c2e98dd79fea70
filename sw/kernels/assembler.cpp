#include "sw/kernels/assembler.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
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
  for (int opcode = 0; opcode < hw::opcode_count; ++opcode) {
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
      if (!written && field.needed_by(instruction_))
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
      case hw::FieldUse::without_in:
      case hw::FieldUse::may_without_in:
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
    if (form_->windows) names.emplace_back("windowed");
    if (form_->windows_scalars) names.emplace_back("windowed_scalars");
    if (form_->half_sums) names.emplace_back("half_sums");
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
    if (bool* const flag = flag_of(name)) {
      if (equals != std::string_view::npos) throw UsageError(fmt::format("{}: {} has no value", form_->name, name));
      *flag = true;
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

  /// Null if it has a value.
  bool* flag_of(const std::string& name) {
    if (name == "silent") return &instruction_.silent;
    if (name == "listed") return &instruction_.listed;
    if (name == "windowed") return &instruction_.windowed;
    if (name == "windowed_scalars") return &instruction_.windowed_scalars;
    return name == "half_sums" ? &instruction_.half_sums : nullptr;
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

// "12:" in front of an instruction.
void take_mark(std::vector<std::string_view>& words, const hw::Program& program) {
  const int here = static_cast<int>(program.code.size());
  if (words.front().back() != ':') return;
  if (number(words.front().substr(0, words.front().size() - 1)) != here)
    throw UsageError(fmt::format("{} this is instruction {}", words.front(), here));
  words.erase(words.begin());
}

/// "thread=1": the number behind `name` and "=", 0 to `most`.
int value_of(std::string_view word, const std::string& name, int most) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const int value = number(word.substr(std::min(equals + 1, word.size()))).value_or(-1);
  if (word.substr(0, equals) != name || value < 0 || value > most)
    throw UsageError(fmt::format("{}: {}= 0 to {} is due", word, name, most));
  return value;
}

// "task 2 thread=1 data=3", which begins at `here`.
void take_task(const std::vector<std::string_view>& words, int here, std::map<int, hw::Task>& tasks) {
  if (words.size() != 4) throw UsageError("a task is: task NUMBER thread=THREAD TRIGGER");
  const std::optional<int> at = number(words[1]);
  if (!at || *at < 0 || *at >= hw::task_capacity)
    throw UsageError(fmt::format("task {}: tasks are 0 to {}", words[1], hw::task_capacity - 1));
  hw::Task task;
  task.entry = here;
  task.thread = value_of(words[2], "thread", hw::thread_count - 1);
  const std::string name(words[3].substr(0, words[3].find('=')));
  const std::vector<std::string> triggers = {"launch", "data", "control", "completion"};  // in the order of Trigger
  const auto trigger = std::find(triggers.begin(), triggers.end(), name);
  if (trigger == triggers.end())
    throw UsageError(fmt::format("task {}: unknown trigger {}{}", *at, name, suggest(name, triggers)));
  task.trigger = static_cast<hw::Trigger>(trigger - triggers.begin());
  if (task.trigger == hw::Trigger::launch && name.size() != words[3].size())
    throw UsageError(fmt::format("task {}: {}: launch has no value", *at, words[3]));
  if (task.trigger != hw::Trigger::launch)
    task.source = value_of(words[3], name, task.has_color() ? last_color : hw::task_capacity - 1);
  if (!tasks.emplace(*at, task).second) throw UsageError(fmt::format("task {} stands twice", *at));
}

std::vector<hw::Task> table_of(const std::map<int, hw::Task>& tasks) {
  std::vector<hw::Task> table;
  for (const auto& [at, task] : tasks) {
    if (at != static_cast<int>(table.size())) throw UsageError(fmt::format("task {} is missing", table.size()));
    table.push_back(task);
  }
  return table;
}

}  // namespace

Instruction assemble_line(std::string_view line) { return assemble_words(words_of(line)); }

hw::Program assemble(std::string_view text, const std::string& name) {
  hw::Program program;
  std::map<int, hw::Task> tasks;
  int line = 0;
  try {
    while (!text.empty()) {
      ++line;
      const std::size_t end = std::min(text.find('\n'), text.size());
      auto words = words_of(text.substr(0, std::min(text.substr(0, end).find('#'), end)));
      text.remove_prefix(std::min(end + 1, text.size()));
      if (words.empty()) continue;
      if (words.front() == "task") {
        take_task(words, static_cast<int>(program.code.size()), tasks);
      } else {
        take_mark(words, program);
        program.code.push_back(assemble_words(words));
      }
    }
    program.tasks = table_of(tasks);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}:{}: {}", name, line, error.what()));
  }
  return program;
}

}  // namespace weft::sw
