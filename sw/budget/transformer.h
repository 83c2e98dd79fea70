#pragma once
// Shapes of decoder-only transformers: sw/budget/transformers.yaml -> Transformer.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace weft::sw {

/// A step that somebody timed on one real system.
struct MeasuredStep {
  std::string machine;  ///< name of the machine file
  int batch = 0;        ///< sequences
  double seconds = 0;
  std::string source;
};

struct Transformer {
  std::string name, title;
  int layers = 0, hidden = 0, heads = 0, vocabulary = 0, sequence = 0;
  std::vector<MeasuredStep> measured;

  /// Weights of the blocks' matrices: queries, keys, values and projection (4 h h), feed-forward (8 h h).
  std::int64_t block_weights() const { return 12 * wide(layers) * hidden * hidden; }
  /// The output matrix, which is the embedding transposed.
  std::int64_t head_weights() const { return wide(vocabulary) * hidden; }
  /// Weights that every token is multiplied by.
  std::int64_t weights() const { return block_weights() + head_weights(); }
  /// All parameters: also 9 h of biases and 4 h of two layer norms in a layer, positions, the last layer norm.
  std::int64_t parameters() const {
    return weights() + 13 * wide(layers) * hidden + wide(sequence) * hidden + 2 * wide(hidden);
  }

 private:
  static std::int64_t wide(int value) { return value; }
};

/// The names in `file`, in its order.
std::vector<std::string> transformer_names(const std::filesystem::path& file);

/// `overrides`: "hidden=8192"; with any, nothing was measured. Throws UsageError: an unknown name, an unknown key, a
/// value outside its range, heads that do not divide the hidden width.
Transformer read_transformer(const std::string& name, const std::filesystem::path& file,
                             const std::vector<std::string>& overrides = {});

}  // namespace weft::sw
