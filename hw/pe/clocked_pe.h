#pragma once
// A PE that is not a model but is clocked: registers on every output, so outputs of a cycle never depend on its inputs.
// rtl/cosim/tile.h implements it with the Verilated tile.
#include <cstdint>
#include <functional>
#include <vector>

#include "hw/pe/program.h"
#include "hw/pe/sram.h"
#include "hw/pe/wavelet.h"

namespace weft::hw {

/// What one link carries in one cycle, one way, and the room that the sender's own queues tell about.
struct LinkWires {
  bool valid = false;
  Wavelet wavelet;
  std::uint32_t room = 0;  ///< colors of which a slot came free
};

/// What the core did in a cycle.
struct CoreProbe {
  bool valid = false, took = false, sent = false;
  int thread = 0, instruction = 0;
  int taken = 0;  ///< color of what it took
};

class ClockedPe {
 public:
  virtual ~ClockedPe() = default;

  /// Resets, then takes program, routes and memory; the core stands still until launch().
  virtual void load(const Program& program, const Sram& memory) = 0;
  /// The next cycle is cycle 0.
  virtual void launch() = 0;
  /// Outputs of the current cycle.
  virtual LinkWires output(int link) const = 0;
  /// Inputs of the current cycle; they stay until driven again.
  virtual void drive(int link, const LinkWires& wires) = 0;
  /// Ends the cycle.
  virtual void tick() = 0;

  virtual CoreProbe probe() const = 0;
  /// The wavelet that the core sends in this cycle. Precondition: probe().sent.
  virtual Wavelet sent() const = 0;
  /// Threads that run a task, one bit each.
  virtual unsigned running() const = 0;
  /// Colors of which wavelets wait in the core, one bit each.
  virtual std::uint32_t waiting() const = 0;
  /// It was given something that no valid program does.
  virtual bool fault() const = 0;
  virtual std::vector<std::uint16_t> memory() const = 0;
};

/// Clocked PEs in the place of a rectangle of an array.
struct ClockedRectangle {
  int x = 0, y = 0, width = 0, height = 0;
  std::vector<ClockedPe*> pes;  ///< [height][width]

  bool holds(int at_x, int at_y) const { return at_x >= x && at_x < x + width && at_y >= y && at_y < y + height; }
};

/// Clocked PEs for a rectangle of an array; valid until the next call. They are kept between calls.
using ClockedSource = std::function<ClockedRectangle(int x, int y, int width, int height)>;

}  // namespace weft::hw
