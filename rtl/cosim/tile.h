#pragma once
// One Verilated PE tile. The verilated header stays in tile.cpp.
#include <memory>
#include <vector>

#include "hw/pe/clocked_pe.h"

namespace weft::rtl {

class Tile : public hw::ClockedPe {
 public:
  /// Memory and program are undefined until load(). Throws UsageError if `machine` has another number than the tile was
  /// built with (names it, both values).
  explicit Tile(const hw::MachineSpec& machine);
  ~Tile() override;

  void load(const hw::Program& program, const hw::Sram& memory) override;
  /// This and tick() throw SimulationError if an assertion fails, where the tile was built with them.
  void launch() override;
  hw::LinkWires output(int link) const override;
  void drive(int link, const hw::LinkWires& wires) override;
  void tick() override;
  hw::CoreProbe probe() const override;
  hw::Wavelet sent() const override;
  unsigned running() const override;
  std::uint32_t waiting() const override;
  bool fault() const override;
  std::vector<std::uint16_t> memory() const override;

  /// A word of memory through the host port, which load() and memory() go around.
  std::uint16_t read_word(int address);
  void write_word(int address, std::uint16_t word);

 private:
  struct Model;
  void write(std::uint32_t address, std::uint32_t data);
  std::uint32_t read(std::uint32_t address);

  std::unique_ptr<Model> model_;
};

}  // namespace weft::rtl
