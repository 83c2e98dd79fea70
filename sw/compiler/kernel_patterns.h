#pragma once
// Which operations of a graph are which launches: the table that matching and building go by.
#include <string>
#include <vector>

#include "hw/spec/kernel_table.h"
#include "hw/spec/operand.h"
#include "sw/graph/operation_graph.h"

namespace weft::sw {

/// What an operand of a launch is in the graph.
struct BoundOperand {
  enum class To { input, output, parameter, own };
  hw::Operand operand;
  To to;
  int place;  ///< input 0 is that of the pattern's first operation, all else of its last one; a parameter that the
              ///< operation does not have is no operand
  const char* name = "";  ///< of what the operation makes for itself: OwnTensor::name
};

/// Which tiles of keys have a launch. Launches of tiles that stand behind each other are run tile by tile.
enum class OfTiles { none, each, but_first, but_last, last };

struct BoundLaunch {
  hw::KernelKind kind;
  std::vector<BoundOperand> reads, writes;
  OfTiles tiles = OfTiles::none;
};

/// What an operation makes for itself, in the forward pass also for its backward pass.
struct OwnTensor {
  enum class Form { ids, scores, probabilities, sums, of_heads };
  const char* name;  ///< behind the operation's
  Form form;
};

/// Operations that launches do, each reading what the one before it makes.
struct KernelPattern {
  Pass pass;
  std::vector<std::string> types;
  std::vector<BoundLaunch> launches;    ///< none: those of the kernel before do it
  bool own_layer = false;               ///< else it belongs to the layer of what it reads
  bool in_place = false;                ///< may leave its output where its first input was
  std::vector<std::string> after = {};  ///< what makes that which the first one reads; empty: anything
  int of_input = 0;                     ///< of the delta pass, as Operation::of_input
  bool by_pairs = false;                ///< again for each input beyond the second, with what it made before
  std::vector<OwnTensor> owns = {};
  const char* with = nullptr;  ///< an attribute that its first operation has above 0; null: any
};

/// Of two that fit, the first one is taken.
const std::vector<KernelPattern>& kernel_patterns();

/// All that a model may say, for people.
std::string pattern_forms();

}  // namespace weft::sw
