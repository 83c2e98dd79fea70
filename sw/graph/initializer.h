#pragma once
// How a transformer's weights begin, as the published model files say it.
#include "tlm/base/yaml_reader.h"

namespace weft::sw {

/// Of matrices; with a form other than `linear` biases are 0.
struct Initializer {
  enum class Form {
    linear,            ///< as PyTorch's Linear: uniform within 1 / sqrt(inputs), biases as well
    normal,            ///< N(0, std)
    truncated_normal,  ///< the same within two of its deviations
  };
  struct Drawn {
    Form form = Form::linear;
    double std = 0;
  };
  Drawn matrices;
  Drawn added;  ///< those of which a block adds what they make: attention's output and the feed-forward's
};

/// The keys initializer_range, initializer and output_layer_initializer; none of them: `linear`. Without one of the
/// latter two its form is the other's, or truncated; what a block adds then has std / sqrt(2 layers), as the published
/// GPT-2.
Initializer read_initializer(YamlSection& section, int layers);

}  // namespace weft::sw
