#pragma once
// What an evaluation found: the means over its batches.
#include <optional>
#include <string>
#include <vector>

#include "sw/report/run_report.h"

namespace weft::sw {

struct Evaluation {
  std::int64_t global_step = 0;               ///< training steps done before it
  double loss = 0;                            ///< mean of a prediction
  std::int64_t correct = 0, predictions = 0;  ///< one a sample, of sequences one a token
  bool of_tokens = false;
  std::int64_t samples = 0;
  std::optional<SampleLoss> next_sentence = {};  ///< of all samples

  double accuracy() const { return static_cast<double>(correct) / static_cast<double>(predictions); }
  /// Precondition: next_sentence.
  double next_sentence_accuracy() const {
    return static_cast<double>(next_sentence->correct) / static_cast<double>(samples);
  }
  /// exp(loss): among how many equally likely tokens the model chooses, as it were.
  double perplexity() const;
};

/// Of the steps of stage `stage`; none: it has none that evaluates.
std::optional<Evaluation> evaluation_of(const std::vector<StepRecord>& steps, int stage, int sample_tokens);

/// The last of a run.
std::optional<Evaluation> last_evaluation(const RunReport& report);

/// "loss 2.10000, 120 of 400 correct (30.00 %)"
std::string evaluation_text(const Evaluation& evaluation);
/// The same of next sentences. Precondition: it has them.
std::string next_sentence_text(const Evaluation& evaluation);

}  // namespace weft::sw
