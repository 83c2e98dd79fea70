#include "sw/report/run_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>

namespace weft::sw {

std::string format_rate(double rate) { return rate < 1 ? fmt::format("{:.3g}", rate) : fmt::format("{:.2f}", rate); }

RunLog::RunLog(const std::filesystem::path& file, std::int64_t log_steps, bool timing_only, bool resumed)
    : file_(file, resumed ? std::ios::app : std::ios::trunc), log_steps_(log_steps), timing_only_(timing_only) {}

void RunLog::line(const std::string& text) {
  const auto now = std::chrono::system_clock::now();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  const std::string whole = fmt::format("{:%Y-%m-%d %H:%M:%S},{:03} INFO:   {}\n",
                                        fmt::localtime(std::chrono::system_clock::to_time_t(now)), milliseconds, text);
  std::fputs(whole.c_str(), stdout);
  std::fflush(stdout);
  file_ << whole << std::flush;
}

void RunLog::step(const StepRecord& step, Picosecond end, bool last) {
  if (step.stage != stage_) {
    stage_ = step.stage;
    rate_ = 0;
    samples_ = unlogged_samples_ = 0;
    began_at_ = logged_at_ = newest_at_;
  }
  newest_at_ = end;
  samples_ += step.samples;
  unlogged_samples_ += step.samples;
  const std::int64_t number = step.train ? step.global_step : step.step + 1;
  if (number % log_steps_ == 0 || last) {
    const auto rate = [](std::int64_t samples, Picosecond time) {
      return time > 0 ? static_cast<double>(samples) / (static_cast<double>(time) * 1e-12) : 0.0;
    };
    const double newest = rate(unlogged_samples_, end - logged_at_);
    rate_ = rate_ > 0 ? 0.6 * newest + 0.4 * rate_ : newest;
    const std::string rates = fmt::format("Rate={} samples/sec, GlobalRate={} samples/sec", format_rate(rate_),
                                          format_rate(rate(samples_, end - began_at_)));
    std::string loss = timing_only_ ? "none" : fmt::format("{:.5f}", step.loss);
    if (step.next_sentence && !timing_only_) loss += fmt::format(", NextSentenceLoss={:.5f}", step.next_sentence->loss);
    line(step.train ? fmt::format("| Train Device=CSX, Step={}, Loss={}, {}", number, loss, rates)
                    : fmt::format("| Eval Device=CSX, GlobalStep={}, Batch={}, Loss={}, {}", step.global_step, number,
                                  loss, rates));
    logged_at_ = end;
    unlogged_samples_ = 0;
  }
}

void RunLog::evaluation(const Evaluation& evaluation) {
  line(fmt::format("Evaluation after step {}: {}, perplexity {:.4f}{}", evaluation.global_step,
                   evaluation_text(evaluation), evaluation.perplexity(),
                   evaluation.next_sentence ? "; next sentences: " + next_sentence_text(evaluation) : ""));
}

}  // namespace weft::sw
