#pragma once
// One Verilated PE tile, driven cycle by cycle. The verilated header stays in tile.cpp.
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "hw/pe/program.h"
#include "hw/pe/sram.h"
#include "hw/pe/wavelet.h"

namespace weft::rtl {

/// What one link carries in one cycle, one way, and the room that the taker's queues tell about.
struct LinkWires {
  std::uint64_t wavelet = 0;  ///< wavelet_t of rtl/common/weft_pkg.sv; 0: none
  std::uint32_t room = 0;     ///< colors of which a slot came free
};

/// wavelet_t as bits, valid.
std::uint64_t pack(const hw::Wavelet& wavelet);
/// Precondition: valid.
hw::Wavelet unpack(std::uint64_t bits);
constexpr bool is_valid(std::uint64_t bits) { return (bits >> 38 & 1) != 0; }

/// probe_t: what the core did in a cycle.
struct Probe {
  bool valid, took, sent;
  int thread, instruction;
};

class Tile {
 public:
  /// Out of reset, memory and program undefined. Throws UsageError if `machine` has another number than the tile was
  /// built with (names it, both values).
  explicit Tile(const hw::MachineSpec& machine);
  ~Tile();
  Tile(Tile&&) noexcept;

  /// Resets, then writes program, routes and memory; the core stands still until launch().
  void load(const hw::Program& program, const hw::Sram& memory);
  /// The next cycle is cycle 0.
  void launch();

  /// Outputs of the current cycle; they depend on registers only.
  LinkWires output(int link) const;
  void drive(int link, const LinkWires& wires);
  /// Ends the cycle.
  void tick();

  Probe probe() const;
  /// The wavelet that the core sends in this cycle. Precondition: probe().sent.
  hw::Wavelet sent() const;
  /// Threads that have not halted, one bit each.
  unsigned running() const;
  bool fault() const;
  std::vector<std::uint16_t> memory() const;
  /// One word through the host port, as a check of memory().
  std::uint16_t read_word(int address);

 private:
  struct Model;
  void write(std::uint32_t address, std::uint32_t data);
  std::uint32_t read(std::uint32_t address);

  std::unique_ptr<Model> model_;
};

}  // namespace weft::rtl
