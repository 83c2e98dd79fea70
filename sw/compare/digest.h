#pragma once
// What a comparison needs of a report, whatever version of the schema it was written in.
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace weft::sw {

/// A line of an attribution: what held whose work up.
struct PathKey {
  std::string limiter;        ///< key of a proto::Limiter; "launch" where a report has no critical paths
  std::string layer, launch;  ///< names; empty: of none

  friend bool operator<(const PathKey& a, const PathKey& b) {
    return std::tie(a.limiter, a.layer, a.launch) < std::tie(b.limiter, b.layer, b.launch);
  }
};
/// Cycles; they add up to the length of the step.
using Attribution = std::map<PathKey, double>;

struct Setting {
  std::string value, origin;
};

/// Steps of one kind: the first, which starts with everything empty, or the mean of the others; without the last one,
/// whose path is seen from its own end, if there are more.
struct StepDigest {
  std::int64_t steps = 0;
  double cycles = 0;     ///< period
  Attribution path;      ///< empty: the report has none
  Attribution launches;  ///< lengths of the launches, and the rest as "between"
};

/// Of one loss of a model.
struct LossDigest {
  std::map<std::int64_t, double> of_step;  ///< by global step; without those that are no number
  std::optional<double> evaluation;        ///< mean of the last one
  std::optional<double> accuracy;          ///< of that
};

struct Digest {
  std::string file, model, machine, version;
  std::int64_t time_rules = 1;
  std::int64_t systems = 1, batch = 0;
  double clock_mhz = 1;
  std::map<std::string, Setting> settings;  ///< "machine io.ethernet_gbps", "model runconfig.seed"
  std::map<std::string, std::string> plan;
  nlohmann::ordered_json layers;                           ///< shapes; null: not told
  std::set<std::pair<std::string, std::string>> launches;  ///< layer, kernel
  bool trains = true;
  StepDigest first, steady;  ///< of training steps, else of evaluation; steady.steps is 0 if there is one step
  std::map<std::string, double> updates;  ///< mean cycles of each layer's, without the first step's
  LossDigest loss;
  LossDigest next_sentence;       ///< of pairs, where the model has this loss as well
  std::set<std::int64_t> lost;    ///< steps whose loss is no number though values were computed
  double samples_per_second = 0;  ///< of the steady state, or of the one step
  std::optional<double> mfu;
  std::string verdict;
  std::string ended;  ///< "completed", "failed: ..."; empty: the report does not say it
  bool failed() const { return ended.rfind("failed", 0) == 0; }
};

/// Throws UsageError as load_report() does, and for a report that is not whole.
Digest digest_of(const std::filesystem::path& path);

}  // namespace weft::sw
