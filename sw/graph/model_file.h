#pragma once
// Model files: sw/models/*.yaml -> ModelConfig. The sections and keys are those that people know from the Model Zoo, in
// each of its styles (docs/model_files.md; sw/frontend).
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "hw/spec/data_part.h"
#include "hw/spec/job.h"
#include "sw/graph/text_section.h"
#include "sw/graph/transformer_section.h"
#include "tlm/base/yaml_reader.h"

namespace weft::sw {

/// One of train_input and eval_input.
struct DataConfig {
  std::string data_processor;  ///< "mnist": IDX files of 28 x 28 images; "synthetic": hw/input/synthetic_source.h;
                               ///< "text"; "hdf5": sequences that were tokenized before
  std::string data_dir;        ///< folder of the IDX files, file or folder of the text; see sw/driver/run_data.h
  hw::DataPart split = hw::DataPart::train;
  std::string data_set;    ///< which of several in the folder; empty: MNIST, or the only one
  bool transpose = false;  ///< turn each picture over its diagonal
  int batch_size = 0;      ///< samples of one step over all systems
  bool shuffle = false;
  std::uint64_t shuffle_seed = 0;
  double mean = 0, std = 1;      ///< a pixel p of 0 to 1 becomes (p - mean) / std
  std::int64_t samples = 0;      ///< synthetic: how many there are
  bool drop_last_batch = false;  ///< false: the last batch of an epoch may be partial
  TextConfig text;

  /// A sample is a sequence of many tokens.
  bool is_sequences() const { return data_processor == "text" || data_processor == "hdf5"; }
  int sample_tokens() const { return is_sequences() ? text.max_sequence_length : 1; }
};

enum class RetainOutput { automatic, yes, no };

/// Weights that are zero for ever, see hw/spec/weight_mask.h.
struct SparsityConfig {
  std::vector<double> of_layers;  ///< share of zeros of each layer, or of all; empty: dense
  bool from_checkpoint = false;   ///< what is zero in the weights that the run starts from
  std::uint64_t seed = 1;
};

struct FullyConnectedConfig {
  int input_features = 0;
  std::vector<int> hidden_sizes;
  int num_classes = 0;
  std::string activation = "ReLU";  ///< the operation behind each hidden layer
  bool bias = true;                 ///< of each layer
  double dropout = 0;               ///< after each hidden activation, training only
};

struct NetworkConfig {
  std::string name;
  std::variant<FullyConnectedConfig, TransformerConfig> layers;
  HalfFormat format = HalfFormat::fp16;  ///< of weights and activations
  bool half_gradients = false;           ///< off the wafer they travel in it, too
  int precision_opt_level = 0;           ///< 1: products of matrices accumulate in it, but gradients
  RetainOutput retain_output_layer = RetainOutput::automatic;
  SparsityConfig sparsity;  ///< of a fully connected network

  /// Null if it is another kind.
  const FullyConnectedConfig* fully_connected() const { return std::get_if<FullyConnectedConfig>(&layers); }
  const TransformerConfig* transformer() const { return std::get_if<TransformerConfig>(&layers); }
  int input_features() const;  ///< of a token
  int num_classes() const;
};

enum class Mode { train, eval, train_and_eval };

struct MicroBatch {
  enum class Kind { automatic, none, samples };
  Kind kind = Kind::automatic;
  int samples = 0;  ///< of one system; only for Kind::samples
};

enum class FeaturesOver { automatic, rows, columns };

/// How a layer travels of which some weights are zero for ever: those that are not, each with its index, or all.
enum class SparseWire { automatic, sparse, dense };

/// What a model file asks of its plan; defaults leave it to the planner.
struct PlanWishes {
  MicroBatch micro_batch_size;
  /// Layers of which only the first one's input is kept; 0: as few again as fit; more than there are: none.
  int recompute = 0;
  int lanes = 0;  ///< 0: any number
  FeaturesOver features_over = FeaturesOver::automatic;
  hw::StreamOrder stream_order;
  SparseWire sparse_wire = SparseWire::automatic;
  int sample_tokens = 1;           ///< of the data; a sample is on the wafer as a whole
  hw::GradientWire gradient_wire;  ///< of the network
};

struct RunConfig {
  Mode mode = Mode::train;
  std::int64_t max_steps = 0;        ///< 0: only num_epochs says how many
  std::int64_t num_epochs = 0;       ///< 0: not given
  std::int64_t steps_per_epoch = 0;  ///< 0: all of an epoch
  std::int64_t eval_steps = 0;       ///< 0: the whole evaluation set
  std::int64_t eval_frequency = 0;   ///< training steps between evaluations; 0: none but at the end
  double eval_share = 0;             ///< the same as a share of all training steps; 0: not given
  std::int64_t log_steps = 1;
  std::int64_t checkpoint_steps = 0;  ///< 0: only at the end of training
  std::int64_t keep_checkpoints = 0;  ///< the latest so many; 0: all
  bool save_initial_checkpoint = false;
  bool check_loss_values = true;  ///< a loss that is no number ends the run
  std::uint64_t seed = 0;
  int num_csx = 1;
  bool whole_tensor_placement = false;
  PlanWishes plan;
};

struct ModelConfig {
  DataConfig train_input, eval_input;
  NetworkConfig model;
  hw::OptimizerSpec optimizer;
  hw::ScheduleSpec schedule;
  hw::ClipSpec clip;
  hw::LossScaleSpec loss_scale;
  RunConfig runconfig;
};

struct ModelFile {
  ModelConfig config;
  std::vector<ResolvedValue> values;  ///< every value with its origin; hw::echo makes JSON of it
  std::vector<std::string> notes;     ///< one line for each key that has no effect here, or that was set unasked
};

/// `name_or_path`: "fc_mnist", or the path of a .yaml file; names are looked up in `models_dir`.
/// `overrides`: "runconfig.max_steps=10", see YamlSource::apply(). Throws UsageError for an unknown model; one with all
/// of these at once: an unknown key, a value outside its range, a key that the other settings make meaningless, a batch
/// that does not divide among the systems or micro-batches.
ModelFile read_model(const std::string& name_or_path, const std::filesystem::path& models_dir,
                     const std::vector<std::string>& overrides = {});

/// The same from a text; `name` is for messages.
ModelFile parse_model(const std::string& text, const std::filesystem::path& name,
                      const std::vector<std::string>& overrides = {});

/// Takes the data set from `folder` (--data) wherever the model names one; the values say so.
void use_data_folder(ModelFile& model, const std::filesystem::path& folder);

}  // namespace weft::sw
