#pragma once
// The data sets that a run reads.
#include "hw/input/dataset.h"
#include "sw/driver/needed_data.h"
#include "sw/driver/run_text.h"

namespace weft::sw {

/// Of every data set that this run reads; empty for synthetic samples and for a run that only times. A folder called
/// mnist or tfds, to which the published files' loaders fetch MNIST, that is nowhere there: MNIST in the data folder
/// stands in. Never throws for what is missing.
std::vector<NeededData> needed_data(const ModelConfig& config, const RunSettings& settings);

struct RunData {
  hw::Dataset train, eval;  ///< pictures; empty where no stage uses it
  RunText text;             ///< the same
  std::string identity;     ///< the training set by its content: "60000 samples (2f6a2e1c)"; empty: it is computed
};

/// Reads them. `start`: the checkpoint that the run starts from, or empty; `vocabulary`: how many tokens the model
/// tells apart. Throws UsageError for all that are missing at once, and as hw::load_dataset() and load_text() do.
RunData load_data(const ModelConfig& config, const std::vector<NeededData>& needed, const std::filesystem::path& start,
                  int vocabulary);

/// Of the training set. A run that only times reads nothing: MNIST's own count, or as many as are made up; of a text 0.
/// Throws UsageError if the end of such a run hangs on a text's length.
std::int64_t training_samples(const ModelConfig& config, const RunData& data);

/// Of the evaluation set; 0 if nothing is evaluated. Of a text that is not read as many as runconfig.eval_steps needs;
/// throws UsageError if it says none.
std::int64_t evaluation_samples(const ModelConfig& config, const RunData& data);

}  // namespace weft::sw
