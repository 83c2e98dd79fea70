#pragma once
// A text that a trained model writes: each token is an evaluation launch sequence on the simulated cluster.
#include <cstdint>
#include <string>

#include "sw/driver/run_settings.h"

namespace weft::sw {

struct SampleSettings {
  /// Of it checkpoint (a run's folder: its newest), machine (empty: that of the training, by its name), threads, and
  /// where things are.
  RunSettings run;
  std::string prompt;
  std::int64_t tokens = 200;  ///< that are written after the prompt
  double temperature = 1;     ///< see TokenChoice
  std::uint64_t seed = 1;
};

/// Writes the prompt and its continuation to stdout token by token, and to stderr what it took. A token is a forward
/// pass over the last tokens of the text, as many as the model has places for: nothing of the pass before is kept.
/// That the host reads a token's logits takes no simulated time. Deterministic, whatever the threads.
/// Returns the exit code 0. Throws UsageError: a checkpoint that cannot be used or is no text's; a prompt that is
/// empty where the vocabulary has no end of text, or that has characters the vocabulary lacks.
int run_sample(const SampleSettings& settings);

}  // namespace weft::sw
