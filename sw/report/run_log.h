#pragma once
// The log that people of the real machine know, with the rates of the simulated one.
#include <filesystem>
#include <fstream>
#include <string>

#include "sw/report/evaluation.h"
#include "sw/report/run_report.h"

namespace weft::sw {

/// Writes each line to stdout and to a file. Lines:
///   <date> <time>,<ms> INFO:   | Train Device=CSX, Step=N, Loss=x.xxxxx, Rate=x.xx samples/sec, GlobalRate=x.xx
///   samples/sec
/// Both rates count whole steps, from the end of a step to the end of a later one: Rate mixes 0.6 of the steps since
/// the last line with 0.4 of the last value; GlobalRate is since the stage began. Two decimals, three significant
/// digits below 1.
class RunLog {
 public:
  /// `timing_only`: there is no loss to show. `resumed`: goes on behind what the file holds.
  RunLog(const std::filesystem::path& file, std::int64_t log_steps, bool timing_only, bool resumed);

  void line(const std::string& text);
  /// A step's loss has come, and the step has ended at `end`; prints its line every `log_steps` steps and for the last
  /// of a stage.
  void step(const StepRecord& step, Picosecond end, bool last);
  /// Of a text, behind the last step of a stage that evaluated it.
  void evaluation(const Evaluation& evaluation);

 private:
  std::ofstream file_;
  std::int64_t log_steps_;
  bool timing_only_;
  double rate_ = 0;
  std::int64_t samples_ = 0, unlogged_samples_ = 0;
  Picosecond began_at_ = 0, logged_at_ = 0, newest_at_ = 0;  ///< ends of steps
  int stage_ = -1;
};

/// "12.34", "0.123"
std::string format_rate(double rate);

}  // namespace weft::sw
