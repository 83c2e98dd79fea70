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
              ///< operation does not have is no operand; its own is what it makes for itself, of both passes
};

struct BoundLaunch {
  hw::KernelKind kind;
  std::vector<BoundOperand> reads, writes;
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
};

/// Of two that fit, the first one is taken.
const std::vector<KernelPattern>& kernel_patterns();

/// All that a model may say, for people.
std::string pattern_forms();

}  // namespace weft::sw
