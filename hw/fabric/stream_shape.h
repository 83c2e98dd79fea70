#pragma once
// What an engine of stream_reduce.h simulates, and what it tells of a PE.
#include <cstdint>
#include <vector>

#include "hw/spec/machine.h"
#include "tlm/base/instant.h"

namespace weft::hw {

/// Lines or positions that stand for neighbours which do the same, each `shift` cycles after the one before it.
struct Copies {
  std::vector<int> of_line, of_position;  ///< how many each stands for, itself included; empty: each for itself
  std::int32_t shift = 0;
};

/// What this part of the rectangle does in every round of the launch.
struct StreamReduceShape {
  int lines = 0;                  ///< chain lines first; lines past `chain` only receive returned sums
  int chain = 0;                  ///< lines that take the stream and add to the chain
  int positions = 0;              ///< PEs per line; those with elements come first
  std::vector<int> wavelets;      ///< [chain] data wavelets of a round; at most, if they are counted
  std::vector<int> elements;      ///< [positions] length of the resident vectors, not increasing after the first 0
  int lanes = 1;                  ///< AXPY elements per cycle
  bool chain_from_below = false;  ///< another part's line feeds the last chain line
  bool chain_to_above = false;    ///< line 0 hands its sums to another part
  bool counted = false;           ///< rounds differ: begin_round() says how
  bool lists = false;             ///< rounds begin with a list for each position with elements; counted
  bool windows = false;           ///< positions have other elements in each round, without lists; counted
  Copies copies;                  ///< only of a part without neighbours

  /// Positions differ in their elements from round to round.
  bool positions_differ() const { return lists || windows; }
};

/// Sums of PE-cycles of one PE since its engine began: with the launch, or from the state of another.
struct PeTimes {
  int copies = 1;        ///< PEs that it stands for, itself included
  EngineCycle begin;     ///< main thread
  EngineCycle main_end;  ///< main thread has ended
  EngineCycle end;       ///< main thread and receiver of the last copy have ended
  Cycle wait_stream = 0, wait_partial_sum = 0, blocked = 0, stall = 0;
  Cycle received = 0;         ///< by the receiver
  Cycle received_late = 0;    ///< of these, after the end of the main thread
  Cycle received_before = 0;  ///< before that the main thread had not seen when the engine began
};

}  // namespace weft::hw
