#pragma once
// A fabric program file: PE programs by hand that scale with their parameters. sw/fabric_programs/README.md explains
// the keys; unknown ones are errors that name the nearest.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hw/pe/program.h"
#include "hw/spec/machine.h"
#include "sw/fabric/closed_form.h"
#include "sw/fabric/formula.h"
#include "sw/fabric/thread_text.h"

namespace weft::sw {

/// Where numbers come from: a formula in x, y and k (the element), or random in [-1, 1), the same in every run.
struct ValueRule {
  std::optional<Formula> values;
  std::optional<Formula> seed;
};

struct MemoryRule {
  Formula at, n;  ///< word, elements
  bool half = false;
  ValueRule values;
};

/// Color and way, for i = 0 .. times - 1 where `when` holds; `queue`: wavelets of the color's queue to the core.
struct RouteRule {
  Formula times, when, color;
  std::optional<Formula> queue;
  hw::Route route;
};

/// One entry of the task table, where `when` holds.
struct TaskRule {
  std::string name;  ///< may be empty
  Formula when;
  hw::Trigger trigger = hw::Trigger::launch;
  std::optional<Formula> color;  ///< data, control
  std::string after;             ///< completion: name of a task above
  int thread = 0;
  ThreadText code;
  YamlSection section;  ///< for messages, with the keys of code and trigger
  std::string code_key, trigger_key;
};

struct PeGroup {
  Formula where;
  std::vector<TaskRule> tasks;
  std::vector<RouteRule> routes;
  std::vector<MemoryRule> memory;
};

/// n wavelets, number k not before first + every k; `send` may close them with a control wavelet.
struct StreamRule {
  Formula color, n, first, every;
  ValueRule values;  ///< send
  bool close = false;
};

struct EdgeRule {
  hw::Port side = hw::Port::north;
  Formula where;
  std::optional<StreamRule> send, receive;
};

/// fp32 vectors: in memory from `at`, or what passed an edge on a color. `times` of them, one behind the other, a PE
/// where `where` holds.
struct Operand {
  Formula where, n, times;
  std::optional<Formula> at;
  std::optional<hw::Port> side;
  std::optional<Formula> color;
};

/// n elements from word `at` on, in each PE where `where` holds.
struct DumpRule {
  std::string name;
  Formula where, at, n;
  bool half = false;
};

struct CheckRule {
  enum class Kind : std::uint8_t {
    sum,
    copy,
    matvec,
    matmul,
    matmul_shift,
    stencil,
    stencil_7,
    values
  } kind = Kind::sum;
  std::optional<Operand> of, in;                        ///< sum, copy
  std::vector<std::pair<std::string, Formula>> places;  ///< matvec, matmul, stencils: by key
  std::size_t dump = 0;                                 ///< values: which one
  std::optional<Formula> values;                        ///< values: expected, or
  std::filesystem::path file;                           ///< a dump
  double within = 0;                                    ///< values: absolute
  const Formula& place(const std::string& key) const;
};

/// Parsed, with the values of the parameters; formulas of x, y, i, k are open.
struct FabricFile {
  std::string name, description;
  std::vector<std::pair<std::string, Number>> parameters;
  int width = 0, height = 0;
  Names names;                 ///< of `values`
  std::vector<Number> values;  ///< parameters, definitions, then x, y, i, k (0)
  std::vector<PeGroup> groups;
  std::vector<EdgeRule> edges;
  std::vector<DumpRule> dumps;
  std::vector<CheckRule> checks;
  std::optional<ClosedForm> closed_form;

  /// `values` for one PE and element.
  std::vector<Number> at(int x, int y, Number k = 0) const;

  std::unique_ptr<YamlReader> reader;  ///< formulas point into it
};

/// `sets`: "P=64" for parameters of the file. Throws UsageError for anything that is wrong with the file, the sets, or
/// the size of the grid on `machine`.
FabricFile read_fabric_file(const std::filesystem::path& path, const std::vector<std::string>& sets,
                            const hw::MachineSpec& machine);

}  // namespace weft::sw
