#include "sw/fabric/fabric_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

using hw::Port;

const std::vector<std::pair<std::string, Port>> ports = {
    {"north", Port::north}, {"east", Port::east}, {"south", Port::south}, {"west", Port::west}, {"ramp", Port::ramp}};
const std::vector<std::pair<std::string, Port>> sides(ports.begin(), ports.end() - 1);
constexpr Number most_number = INT32_MAX;

Port port_of(const std::string& word) {
  std::vector<std::string> known;
  for (const auto& [name, port] : ports) {
    if (name == word) return port;
    known.push_back(name);
  }
  throw UsageError(fmt::format("unknown port {}{}", word, suggest(word, known)));
}

/// "west -> ramp east; ramp -> east": one switch position between semicolons.
hw::Route route_of(const std::string& text) {
  hw::Route route;
  std::istringstream positions(text);
  for (std::string position; std::getline(positions, position, ';');) {
    std::istringstream words(position);
    std::string from, arrow, to;
    words >> from >> arrow;
    if (arrow != "->") throw UsageError(fmt::format("'{}': a way is 'PORT -> PORTS; ...'", position));
    hw::RoutePosition entry{port_of(from), 0};
    while (words >> to) entry.transmit |= hw::port_bit(port_of(to));
    route.push_back(entry);
  }
  if (route.empty() || route.size() > hw::switch_positions)
    throw UsageError(fmt::format("{} switch positions; allowed 1 to {}", route.size(), hw::switch_positions));
  return route;
}

class Reader {
 public:
  Reader(FabricFile& file, const hw::MachineSpec& machine, std::filesystem::path folder)
      : file_(file), machine_(machine), folder_(std::move(folder)) {}

  void read() {
    YamlSection root = file_.reader->root();
    file_.description = root.text("description");
    file_.names = {"words"};
    file_.values = {machine_.pe.sram_bytes / 2};
    read_numbers(root);
    read_grid(root.section("grid"));
    for (const char* name : {"x", "y", "i", "k"}) {
      file_.names.emplace_back(name);
      file_.values.push_back(0);
    }
    for (YamlSection& section : root.sections("pes")) file_.groups.push_back(read_group(section));
    if (root.has("edges"))
      for (YamlSection& section : root.sections("edges")) file_.edges.push_back(read_edge(section));
    if (root.has("dump"))
      for (YamlSection& section : root.sections("dump")) file_.dumps.push_back(read_dump(section));
    for (YamlSection& section : root.sections("expect")) file_.checks.push_back(read_check(section));
    if (root.has("closed_form")) file_.closed_form = read_closed_form(root.section("closed_form"));
    file_.reader->finish();
  }

 private:
  void define(YamlSection& section, const std::string& name, Number value) {
    const bool word =
        !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
        std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    const Names reserved = {"x", "y", "i", "k", "width", "height", "min", "max", "bits", "zeros"};
    if (!word || std::find(reserved.begin(), reserved.end(), name) != reserved.end())
      section.refuse(name,
                     "its name is not allowed: a letter, then letters, digits and _; x, y, i, k, width, height and "
                     "functions have theirs");
    if (std::find(file_.names.begin(), file_.names.end(), name) != file_.names.end())
      section.refuse(name, "this name is taken");
    file_.names.push_back(name);
    file_.values.push_back(value);
  }

  void read_numbers(YamlSection& root) {
    YamlSection parameters = root.section("parameters");
    for (const std::string& name : parameters.keys()) {
      const Number value = parameters.integer64(name, {0, most_number});
      define(parameters, name, value);
      file_.parameters.emplace_back(name, value);
    }
    file_.reader->stop_at_errors();  // what stands for a refused value would be refused again where it is used
    YamlSection defined = root.section("define");
    for (const std::string& name : defined.keys())
      define(defined, name, Formula(defined, name, file_.names).at(file_.values));
    if (!root.has("require")) return;
    for (YamlSection& section : root.sections("require")) {
      const Formula rule(section, "that", file_.names);
      const std::string why = section.text("why");
      if (rule.holds(file_.values)) continue;
      std::string given;
      for (const auto& [name, value] : file_.parameters) given += fmt::format(" {} = {}", name, value);
      rule.refuse(fmt::format("{}; given{}", why, given));
    }
  }

  void read_grid(YamlSection grid) {
    const auto limit = [&](const char* side, int most) {
      return Formula(grid, side, file_.names)
          .within(file_.values, 1, most, fmt::format(" PEs (the user rectangle of machine {})", machine_.name));
    };
    file_.width = limit("width", machine_.fabric.user_width);
    file_.height = limit("height", machine_.fabric.user_height);
    file_.names.insert(file_.names.end(), {"width", "height"});
    file_.values.insert(file_.values.end(), {file_.width, file_.height});
  }

  Formula formula(YamlSection& section, const char* key, const std::optional<std::string>& fallback = {}) {
    return {section, key, file_.names, fallback};
  }

  ValueRule read_values(YamlSection& section) {
    ValueRule rule;
    if (section.has("random")) {
      rule.seed = formula(section, "random");
      section.not_used("values", "either values or random");
    } else {
      rule.values = formula(section, "values");
    }
    return rule;
  }

  ThreadText read_code(YamlSection& section, const std::string& key) {
    const std::string text = section.text(key);
    // A block begins on the line behind its key.
    const YamlTree* place = section.tree(key);
    const int line = place ? place->place.line : 1, block = !text.empty() && text.back() == '\n' ? 1 : 0;
    try {
      return {text, file_.names, line + block};
    } catch (const UsageError& error) {
      if (std::string(error.what()).rfind("line ", 0) != 0) throw;
      section.refuse(key, error.what());
    }
  }

  /// `main` or `receiver` of a group: a task of this name that begins with the launch.
  TaskRule read_thread(YamlSection& section, const Formula& where, const std::string& name, int thread) {
    return {name, where, {}, {}, {}, thread, read_code(section, name), section, name, name};
  }

  TaskRule read_task(YamlSection& section) {
    using hw::Trigger;
    const std::string name = section.has("name") ? section.text("name") : "";
    const int thread = section.choice<int>("thread", {{"main", 0}, {"receiver", 1}}, 0);
    TaskRule rule{name,   formula(section, "when", "1"), {},      {},     {},
                  thread, read_code(section, "code"),    section, "code", "code"};
    for (const auto& [key, trigger] : {std::pair("data", Trigger::data), std::pair("control", Trigger::control),
                                       std::pair("after", Trigger::completion)}) {
      if (!section.has(key)) continue;
      if (rule.trigger != Trigger::launch) section.refuse(key, "a task has one of data, control and after");
      rule.trigger = trigger;
      rule.trigger_key = key;
      if (trigger == Trigger::completion) {
        rule.after = section.text(key);
      } else {
        rule.color = formula(section, key);
      }
    }
    return rule;
  }

  PeGroup read_group(YamlSection& section) {
    PeGroup group{formula(section, "where", "1"), {}, {}, {}};
    constexpr std::array<const char*, hw::thread_count> keys = {"main", "receiver"};
    for (int thread = 0; thread < hw::thread_count; ++thread)
      if (const char* key = keys[static_cast<std::size_t>(thread)]; section.has(key))
        group.tasks.push_back(read_thread(section, group.where, key, thread));
    if (section.has("tasks"))
      for (YamlSection& task : section.sections("tasks")) group.tasks.push_back(read_task(task));
    if (section.has("routes")) {
      for (YamlSection& route : section.sections("routes")) {
        RouteRule rule{formula(route, "times", "1"), formula(route, "when", "1"), formula(route, "color"), {}, {}};
        if (route.has("queue")) rule.queue = formula(route, "queue");
        try {
          rule.route = route_of(route.text("way"));
          rule.route.ring = route.boolean("ring", false);
        } catch (const UsageError& error) {
          route.refuse("way", error.what());
        }
        group.routes.push_back(std::move(rule));
      }
    }
    if (section.has("memory")) {
      for (YamlSection& memory : section.sections("memory")) {
        MemoryRule rule{formula(memory, "at"), formula(memory, "n"), false, {}};
        rule.half = memory.choice<bool>("type", {{"fp32", false}, {"fp16", true}}, false);
        rule.values = read_values(memory);
        group.memory.push_back(std::move(rule));
      }
    }
    return group;
  }

  StreamRule read_stream(YamlSection section, bool sends) {
    StreamRule rule{formula(section, "color"),
                    formula(section, "n"),
                    formula(section, "first", "0"),
                    formula(section, "every", "1"),
                    {},
                    false};
    if (sends) {
      rule.values = read_values(section);
      rule.close = section.boolean("close", false);
    }
    return rule;
  }

  EdgeRule read_edge(YamlSection& section) {
    EdgeRule rule{section.choice<Port>("side", sides), formula(section, "where", "1"), {}, {}};
    if (section.has("send")) rule.send = read_stream(section.section("send"), true);
    if (section.has("receive")) rule.receive = read_stream(section.section("receive"), false);
    return rule;
  }

  Operand read_operand(YamlSection section) {
    Operand operand{formula(section, "where", "1"), formula(section, "n"), formula(section, "times", "1"), {}, {}, {}};
    if (section.has("side")) {
      operand.side = section.choice<Port>("side", sides);
      operand.color = formula(section, "color");
    } else {
      operand.at = formula(section, "at");
    }
    return operand;
  }

  DumpRule read_dump(YamlSection& section) {
    DumpRule rule{section.text("name"), formula(section, "where", "1"), formula(section, "at"), formula(section, "n"),
                  false};
    for (const DumpRule& other : file_.dumps)
      if (other.name == rule.name) section.refuse("name", "this name is taken");
    rule.half = section.choice<bool>("type", {{"fp32", false}, {"fp16", true}}, false);
    return rule;
  }

  void read_expected(YamlSection& section, CheckRule& rule) {
    std::vector<std::pair<std::string, std::size_t>> names;
    for (const DumpRule& dump : file_.dumps) names.emplace_back(dump.name, names.size());
    if (names.empty()) section.refuse("check", "what it looks at is named under dump, which is missing");
    rule.dump = section.choice<std::size_t>("of", names);
    rule.within = section.real("within", {0, 1e30}, 0.0);
    if (section.has("file")) {
      rule.file = folder_ / section.text("file");
      section.not_used("values", "either values or a file");
    } else {
      rule.values = formula(section, "values");
    }
  }

  CheckRule read_check(YamlSection& section) {
    using Kind = CheckRule::Kind;
    CheckRule rule;
    rule.kind = section.choice<Kind>("check", {{"sum", Kind::sum},
                                               {"copy", Kind::copy},
                                               {"matvec", Kind::matvec},
                                               {"matmul", Kind::matmul},
                                               {"matmul_shift", Kind::matmul_shift},
                                               {"stencil", Kind::stencil},
                                               {"stencil_7", Kind::stencil_7},
                                               {"values", Kind::values}});
    const auto places = [&](std::initializer_list<const char*> keys) {
      for (const char* key : keys) rule.places.emplace_back(key, formula(section, key));
    };
    switch (rule.kind) {
      case Kind::sum:
      case Kind::copy:
        rule.of = read_operand(section.section("of"));
        rule.in = read_operand(section.section("in"));
        break;
      case Kind::matvec:
        places({"rows", "columns", "stride", "matrix", "vector", "result", "times"});
        break;
      case Kind::matmul:
      case Kind::matmul_shift:
        places({"tile", "a", "b", "c"});
        break;
      case Kind::stencil:
        places({"tile", "first", "row", "times"});
        break;
      case Kind::stencil_7:
        places({"cells", "first", "coefficients", "times"});
        break;
      case Kind::values:
        read_expected(section, rule);
        break;
    }
    return rule;
  }

  ClosedForm read_closed_form(YamlSection section) {
    std::vector<std::pair<std::string, std::string>> names;
    for (const std::string& name : closed_form_names()) names.emplace_back(name, name);
    const std::string name = section.choice<std::string>("name", names);
    std::map<char, double> values;
    for (const char letter : closed_form_letters(name))
      values[letter] = formula(section, std::string(1, letter).c_str()).within(file_.values, 1, most_number);
    return closed_form(name, values, machine_);
  }

  FabricFile& file_;
  const hw::MachineSpec& machine_;
  std::filesystem::path folder_;  ///< of the file
};

/// "P=64" as an override of the file's key, if the file has the parameter.
std::vector<std::string> overrides_of(const std::vector<std::string>& sets, YamlReader& plain) {
  const std::vector<std::string> known = plain.root().section("parameters").keys();
  std::vector<std::string> overrides;
  for (const std::string& set : sets) {
    const std::string name = set.substr(0, set.find('='));
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError(fmt::format("--set {}: no parameter '{}'{}", set, name, suggest(name, known)));
    overrides.push_back("parameters." + set);
  }
  return overrides;
}

}  // namespace

const Formula& CheckRule::place(const std::string& key) const {
  return std::find_if(places.begin(), places.end(), [&](const auto& entry) { return entry.first == key; })->second;
}

std::vector<Number> FabricFile::at(int x, int y, Number k) const {
  std::vector<Number> now = values;
  const std::size_t end = now.size();
  now[end - 4] = x;
  now[end - 3] = y;
  now[end - 1] = k;
  return now;
}

FabricFile read_fabric_file(const std::filesystem::path& path, const std::vector<std::string>& sets,
                            const hw::MachineSpec& machine) {
  const std::string text = read_text_file(path);
  YamlReader plain(text, path);
  FabricFile file;
  file.name = path.stem().string();
  file.reader = std::make_unique<YamlReader>(text, path, overrides_of(sets, plain));
  Reader(file, machine, path.parent_path()).read();
  return file;
}

}  // namespace weft::sw
