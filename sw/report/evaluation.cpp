#include "sw/report/evaluation.h"

#include <fmt/format.h>

#include <cmath>

namespace weft::sw {

double Evaluation::perplexity() const { return std::exp(loss); }

std::optional<Evaluation> evaluation_of(const std::vector<StepRecord>& steps, int stage, int sample_tokens) {
  Evaluation all;
  all.of_tokens = sample_tokens > 1;
  for (const StepRecord& step : steps) {
    if (step.train || step.stage != stage) continue;
    const std::int64_t predictions = step.samples * sample_tokens - step.unlabelled;
    all.global_step = step.global_step;
    all.predictions += predictions;
    all.correct += step.correct;
    all.samples += step.samples;
    if (step.next_sentence) {
      if (!all.next_sentence) all.next_sentence.emplace();
      all.next_sentence->correct += step.next_sentence->correct;
      all.next_sentence->loss += step.next_sentence->loss * static_cast<double>(step.samples);
    }
    all.loss += step.loss * static_cast<double>(predictions);
  }
  if (all.predictions == 0) return {};
  all.loss /= static_cast<double>(all.predictions);
  if (all.next_sentence) all.next_sentence->loss /= static_cast<double>(all.samples);
  return all;
}

std::optional<Evaluation> last_evaluation(const RunReport& report) {
  int stage = -1;
  for (const StepRecord& step : report.steps)
    if (!step.train) stage = step.stage;
  return evaluation_of(report.steps, stage, report.batch.sample_tokens);
}

namespace {

std::string outcome_text(double loss, std::int64_t correct, std::int64_t of, double accuracy) {
  return fmt::format("loss {:.5f}, {} of {} correct ({:.2f} %)", loss, correct, of, 100 * accuracy);
}

}  // namespace

std::string evaluation_text(const Evaluation& evaluation) {
  return outcome_text(evaluation.loss, evaluation.correct, evaluation.predictions, evaluation.accuracy());
}

std::string next_sentence_text(const Evaluation& evaluation) {
  return outcome_text(evaluation.next_sentence->loss, evaluation.next_sentence->correct, evaluation.samples,
                      evaluation.next_sentence_accuracy());
}

}  // namespace weft::sw
