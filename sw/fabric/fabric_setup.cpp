#include "sw/fabric/fabric_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "hw/pe/arithmetic.h"
#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

constexpr Number most_cycle = INT32_MAX;
constexpr Number most_wavelets = 1 << 20;  // of an edge

/// Uniform in [-1, 1) with 24 bits, so that it is exact in fp32 (splitmix64).
float random_value(std::uint64_t seed, int x, int y, Number k) {
  std::uint64_t state = seed * 0x9e3779b97f4a7c15ULL + static_cast<std::uint64_t>(y) * 0xbf58476d1ce4e5b9ULL +
                        static_cast<std::uint64_t>(x) * 0x94d049bb133111ebULL + static_cast<std::uint64_t>(k);
  for (int round = 0; round < 2; ++round) {
    state += 0x9e3779b97f4a7c15ULL;
    state = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ULL;
    state = (state ^ state >> 27) * 0x94d049bb133111ebULL;
    state ^= state >> 31;
  }
  return std::ldexp(static_cast<float>(state >> 40), -23) - 1.0F;
}

class Builder {
 public:
  Builder(const FabricFile& file, const hw::MachineSpec& machine)
      : file_(file),
        machine_(machine),
        setup_(file.width, file.height, machine.pe.sram_bytes),
        names_(setup_.programs.size()) {}

  hw::ArraySetup build() {
    for (int y = 0; y < file_.height; ++y)
      for (int x = 0; x < file_.width; ++x)
        for (const PeGroup& group : file_.groups)
          if (group.where.holds(file_.at(x, y))) add(group, x, y);
    for (const EdgeRule& rule : file_.edges) add(rule);
    return std::move(setup_);
  }

 private:
  static std::string pe(int x, int y) { return fmt::format(" in PE ({}, {})", x, y); }

  float value(const ValueRule& rule, int x, int y, Number k, std::vector<Number>& values) const {
    if (rule.seed) return random_value(static_cast<std::uint64_t>(rule.seed->at(values)), x, y, k);
    values.back() = k;
    return static_cast<float>(rule.values->at(values));
  }

  void add(const PeGroup& group, int x, int y) {
    hw::Program& program = setup_.program(x, y);
    std::vector<Number> values = file_.at(x, y);
    for (const TaskRule& task : group.tasks)
      if (task.when.holds(values)) add(task, program, x, y);
    for (const RouteRule& rule : group.routes) {
      const int times = rule.times.within(values, 0, machine_.router.colors, pe(x, y));
      for (int copy = 0; copy < times; ++copy) {
        std::vector<Number> now = values;
        now[now.size() - 2] = copy;
        if (!rule.when.holds(now)) continue;
        const int color = rule.color.within(now, 0, machine_.router.colors - 1, pe(x, y));
        if (!program.routes.emplace(color, rule.route).second)
          rule.color.refuse(fmt::format("color {} has a way already{}", color, pe(x, y)));
        if (rule.queue) program.input_depths[color] = rule.queue->within(now, 1, machine_.router.input_queue, pe(x, y));
      }
    }
    for (const MemoryRule& rule : group.memory) {
      const Number words = static_cast<Number>(setup_.memory(x, y).size());
      const int size = rule.half ? 1 : 2, at = rule.at.within(values, 0, words, pe(x, y));
      const int n = rule.n.within(values, 0, (words - at) / size, pe(x, y));
      for (int k = 0; k < n; ++k) {
        const float element = value(rule.values, x, y, k, values);
        if (rule.half) {
          setup_.memory(x, y).write16(at + k, float_to_half(HalfFormat::fp16, element));
        } else {
          setup_.memory(x, y).write32(at + 2 * k, hw::result_bits(element));
        }
      }
    }
  }

  void add(const TaskRule& rule, hw::Program& program, int x, int y) {
    std::vector<std::string>& names = names_[static_cast<std::size_t>(y * file_.width + x)];
    const auto number_of = [&](const std::string& name) {
      return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    };
    if (!rule.name.empty() && number_of(rule.name) < names.size())
      rule.section.refuse(rule.code_key, fmt::format("there is a task {} already{}", rule.name, pe(x, y)));
    hw::Task task{rule.trigger, 0, static_cast<int>(program.code.size()), rule.thread};
    if (rule.color) task.source = rule.color->within(file_.at(x, y), 0, machine_.router.colors - 1, pe(x, y));
    if (rule.trigger == hw::Trigger::completion) {
      if (number_of(rule.after) == names.size())
        rule.section.refuse(rule.trigger_key, fmt::format("no task {} above this one{}{}", rule.after, pe(x, y),
                                                          suggest(rule.after, names)));
      task.source = static_cast<int>(number_of(rule.after));
    }
    names.push_back(rule.name);
    try {
      rule.code.append(program, file_.at(x, y));
      program.tasks.push_back(task);
      hw::validate(program, machine_);
    } catch (const UsageError& error) {
      rule.section.refuse(rule.code_key, error.what() + pe(x, y));
    }
  }

  void add(const EdgeRule& rule) {
    for (int y = 0; y < file_.height; ++y) {
      for (int x = 0; x < file_.width; ++x) {
        if (hw::behind(setup_, x, y, rule.side).edge < 0 || !rule.where.holds(file_.at(x, y))) continue;
        hw::ArrayEdge& edge = setup_.edges[static_cast<std::size_t>(hw::behind(setup_, x, y, rule.side).edge)];
        if (rule.send) send(*rule.send, edge, x, y);
        if (rule.receive) receive(*rule.receive, edge, x, y);
      }
    }
  }

  struct Stream {
    int color, n;
    Cycle first, every;
  };
  Stream resolve(const StreamRule& rule, int x, int y) const {
    const std::vector<Number> values = file_.at(x, y);
    return {rule.color.within(values, 0, machine_.router.colors - 1, pe(x, y)),
            rule.n.within(values, 0, most_wavelets, pe(x, y)), rule.first.within(values, 0, most_cycle, pe(x, y)),
            rule.every.within(values, 0, most_cycle, pe(x, y))};
  }

  void send(const StreamRule& rule, hw::ArrayEdge& edge, int x, int y) const {
    const Stream stream = resolve(rule, x, y);
    std::vector<Number> values = file_.at(x, y);
    for (int k = 0; k < stream.n; ++k)
      edge.source.push_back(
          {stream.first + stream.every * k,
           {hw::result_bits(value(rule.values, x, y, k, values)), static_cast<std::uint8_t>(stream.color), false}});
    if (rule.close) edge.source.push_back({stream.first + stream.every * stream.n, hw::control_wavelet(stream.color)});
  }

  void receive(const StreamRule& rule, hw::ArrayEdge& edge, int x, int y) const {
    const Stream stream = resolve(rule, x, y);
    for (int k = 0; k < stream.n; ++k) edge.sink[stream.color].push_back(stream.first + stream.every * k);
  }

  const FabricFile& file_;
  const hw::MachineSpec& machine_;
  hw::ArraySetup setup_;
  std::vector<std::vector<std::string>> names_;  ///< of each PE's tasks, in the order of its table
};

}  // namespace

hw::ArraySetup build_array(const FabricFile& file, const hw::MachineSpec& machine) {
  return Builder(file, machine).build();
}

}  // namespace weft::sw
