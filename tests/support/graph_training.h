#pragma once
// A graph's training on the simulated cluster, and the same in double precision.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hw/cluster/cluster.h"
#include "sw/compiler/planner.h"
#include "tests/support/graph_reference.h"

namespace weft::test {

/// What a graph is trained on; a pure function of the token's number in the run.
class TrainingTokens {
 public:
  virtual ~TrainingTokens() = default;
  virtual int features() const = 0;
  /// Exact in fp16; below 0: an id that the token has not.
  virtual double value(std::int64_t token, int feature) const = 0;
  /// Below 0: none; hw::padding_label: the token pads its sequence.
  virtual int label(std::int64_t token) const = 0;
};

/// Words at their positions, as a transformer reads them: each sequence counts on from a word in steps of its own; the
/// label is the next word.
class CountedWords final : public TrainingTokens {
 public:
  CountedWords(int vocabulary, int positions, int length)
      : vocabulary_(vocabulary), positions_(positions), length_(length) {}
  int features() const override { return positions_ > 0 ? 2 : 1; }
  double value(std::int64_t token, int feature) const override;
  int label(std::int64_t token) const override { return word(token / length_, token % length_ + 1); }

 private:
  int word(std::int64_t sequence, std::int64_t place) const;
  int vocabulary_, positions_, length_;
};

/// The same, but only every third token has a label; where sequences are padded each has a length of its own. Of
/// segments each sequence has two that change at a place of its own. Every third sequence's second sentence follows.
class MaskedWords final : public TrainingTokens {
 public:
  MaskedWords(const CountedWords& words, int length, bool padded, int segments = 0, bool next_sentences = false)
      : words_(words), length_(length), padded_(padded), segments_(segments), next_sentences_(next_sentences) {}
  int features() const override { return label_id() + (next_sentences_ ? 1 : 0); }
  double value(std::int64_t token, int feature) const override;
  int label(std::int64_t token) const override;

 private:
  CountedWords words_;
  int length_;
  bool padded_;
  int label_id() const { return words_.features() + (segments_ > 0 ? 1 : 0); }
  int segments_;
  bool next_sentences_;
};

/// Noise, with more in every feature that is the label's modulo the classes.
class NoisyPatterns final : public TrainingTokens {
 public:
  NoisyPatterns(int features, int classes) : features_(features), classes_(classes) {}
  int features() const override { return features_; }
  double value(std::int64_t token, int feature) const override;
  int label(std::int64_t token) const override { return static_cast<int>(token * 7 % classes_); }

 private:
  int features_, classes_;
};

/// How a graph is trained.
struct TrainingWay {
  HalfFormat format = HalfFormat::fp16;  ///< in another one tokens must be exact in it
  int batch = 4;                         ///< samples of all systems
  int sample_tokens = 1;                 ///< of each
  int steps = 12;
  int evaluation_steps = 0;  ///< behind them
  int systems = 1, micro_batches = 1, threads = 1;
  hw::OptimizerKind optimizer = hw::OptimizerKind::sgd;
  double rate = 0.1;
  hw::LossScaleSpec loss_scale;
  hw::ClipSpec clip;
  sw::PlanWishes wishes;
  std::optional<hw::Mapping> mapping;  ///< none: as the planner finds it with the wishes
  hw::WaferCut cut;
  bool fast_forward = true, timing_only = false;
  Bytes chunk_bytes = 0;                          ///< of a stream off the wafer; 0: the machine's
  int evaluation_tokens = 1 << 30;                ///< those behind have label -1 and no features
  std::function<void(hw::TrainingState&)> start;  ///< changes what it begins with; null: nothing
  /// Makes who watches a system's launches, as hw::WatchOfSystem; null: nobody.
  std::function<std::unique_ptr<hw::LaunchWatch>(const hw::Job&, int system)> watch;
};

/// Several stand side by side in one process, and all are made before the first one runs.
class GraphTraining {
 public:
  /// Parameters are initial_weights(), halves of the format; norms' are moved away from 1 and 0. Throws UsageError as
  /// make_plan().
  GraphTraining(const sw::OperationGraph& graph, const TrainingTokens& tokens, const TrainingWay& way);
  ~GraphTraining();

  void run();

  const hw::Job& job() const;
  const hw::MachineSpec& machine() const;
  const hw::Mapping& mapping() const;
  /// Of run(), step by step.
  const std::vector<hw::StepResult>& results() const;
  /// Mean over the tokens that have a label, and, of a loss of whole samples, over these. Of a training step.
  double loss(int step) const;
  std::vector<Picosecond> ends() const;
  hw::TrainingState state() const;
  /// Of the state, by name.
  Tensors parameters() const;
  Tensors initial_parameters() const;
  /// What the reference is given for the tokens of a step, of training or of the evaluation.
  Tensors inputs(std::int64_t step, bool train = true) const;
  /// As this begins and by its optimizer.
  GraphReference reference() const;
  /// With the parameters at the end as the wafer has them, halves.
  GraphReference trained_reference() const;

 private:
  Tensors parameters(const hw::TrainingState& of) const;

  class Source;
  struct Results;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The largest difference of a parameter of `some` from that of the same name in `all`.
double farthest(const Tensors& some, const Tensors& all);

/// A run beside the reference's.
struct TrackedTraining {
  double first_loss = 0, last_loss = 0;  ///< the reference's
  double loss = 0;                       ///< mean size of a step's difference
  double weight = 0, mean_weight = 0;    ///< largest and mean difference of a parameter at the end
};
/// Runs `training`, whose steps are all of training. Adam's steps of a gradient that is nothing but rounding, as that
/// of a key's bias, are as large as any: parameters whose name ends in `but` are left out.
TrackedTraining tracked(GraphTraining& training, const std::string& but = "");

/// A parameter's gradient: Euclidean norms of the difference from the reference, of the reference's, and the largest of
/// these of all parameters.
struct GradientError {
  std::string name;
  double difference = 0, norm = 0, largest = 0;
  /// Gradients that are zero have none: a key's bias moves all scores of a token alike.
  bool is_zero() const { return norm < 1e-9 * largest; }
  double relative() const { return difference / norm; }
};
/// Runs `training`: one step of SGD, whose rate is 1, so that each parameter moves by its gradient.
std::vector<GradientError> gradient_errors(GraphTraining& training);

}  // namespace weft::test
