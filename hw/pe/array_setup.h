#pragma once
// A rectangle of PEs between edges that keep the link's rules: what it is given, and what it did. array_model.h
// runs it. Launched at cycle 0.
#include <array>
#include <map>
#include <string>
#include <vector>

#include "hw/pe/core_slot.h"
#include "hw/pe/program.h"
#include "hw/pe/sram.h"
#include "hw/pe/wavelet.h"

namespace weft::hw {

struct TimedWavelet {
  Cycle at = 0;
  Wavelet wavelet;

  friend bool operator==(const TimedWavelet& a, const TimedWavelet& b) {
    return a.at == b.at && a.wavelet == b.wavelet;
  }
};

/// The neighbour behind one outward link.
struct ArrayEdge {
  /// In order; `at` = the edge does not send it before. It also waits for the one before it and for room.
  std::vector<TimedWavelet> source;
  /// By color: the edge does not hand on its n-th wavelet before the n-th cycle; past the end, at once.
  std::map<int, std::vector<Cycle>> sink;
};

struct ArraySetup {
  int width = 0, height = 0;
  std::vector<Program> programs;  ///< [height][width]
  std::vector<Sram> memories;     ///< [height][width]
  std::vector<ArrayEdge> edges;   ///< [edge_count()], see edge()

  ArraySetup(int width, int height, Bytes sram_bytes);

  int pes() const { return width * height; }
  int edge_count() const { return 2 * (width + height); }
  /// Number of the edge behind `side`; `along` = column (north, south) or row (east, west).
  int edge(Port side, int along) const;
  Program& program(int x, int y) { return programs[static_cast<std::size_t>(y * width + x)]; }
  Sram& memory(int x, int y) { return memories[static_cast<std::size_t>(y * width + x)]; }
};

/// What lies behind one link of a PE: another PE's link, or an edge.
struct LinkEnd {
  int pe = -1;    ///< -1: an edge
  int edge = -1;  ///< -1: a PE
};
LinkEnd behind(const ArraySetup& setup, int x, int y, Port link);

struct EdgeRun {
  std::vector<Cycle> entered;      ///< departures of the source's wavelets
  std::vector<TimedWavelet> left;  ///< departures towards the edge

  friend bool operator==(const EdgeRun& a, const EdgeRun& b) { return a.entered == b.entered && a.left == b.left; }
};

/// A wavelet that left a PE's router.
struct LinkSlot {
  Cycle at = 0;
  Port link = Port::north;
  Wavelet wavelet;

  friend bool operator==(const LinkSlot& a, const LinkSlot& b) {
    return a.at == b.at && a.link == b.link && a.wavelet == b.wavelet;
  }
};

struct PeRun {
  std::vector<CoreSlot> slots;
  std::vector<LinkSlot> sent;             ///< by cycle, then link
  std::array<Cycle, thread_count> end{};  ///< cycle after the last slot of each thread
  Sram memory;
};

struct ArrayRun {
  std::vector<EdgeRun> edges;
  std::vector<PeRun> pes;
  Cycle end = 0;          ///< the last task has ended
  std::int64_t hops = 0;  ///< wavelets that left a router for a link
  /// All tasks that began have ended, no wavelet is left anywhere, the sources have sent all. A task that nothing
  /// started does not matter, but where others wait `waiting` names it as well.
  bool finished = false;
  std::string waiting;              ///< where not: who waits for what, a line each
  std::string races;                ///< threads that used the same words at once, a line a PE; not of clocked PEs
  std::int64_t clocked_cycles = 0;  ///< of clocked PEs, all together
};

}  // namespace weft::hw
