#pragma once
// A tile over the class that Verilator made of rtl/pe/pe_tile.sv, whichever lanes it was given. Only the tile_*.cpp
// beside it include this, behind Verilator's headers of their class.
#include <fmt/format.h>

#include <vector>

#include "rtl/cosim/tile.h"
#include "rtl/cosim/tile_wires.h"
#include "tlm/base/error.h"

#if VM_COVERAGE
#include <unistd.h>

#include <atomic>
#endif

namespace weft::rtl {

#if VM_COVERAGE
// In the working directory: what one tile covered (tests/cosim/coverage.py).
inline std::string coverage_file() {
  static std::atomic<int> number = 0;
  return fmt::format("tile_{}_{}.coverage", getpid(), ++number);
}
#endif

template <typename Top>
class VerilatedTile : public Tile {
 public:
  // An assertion that fails prints its name; then tick() throws, where Verilator would abort. The first eval() sees no
  // edge, whatever the clock does.
  VerilatedTile() {
    context_.fatalOnError(false);
    top_.eval();
  }
  ~VerilatedTile() override {
    Verilated::threadContextp(&context_);
#if VM_COVERAGE
    context_.coveragep()->write(coverage_file().c_str());
#endif
  }

  std::uint32_t read(std::uint32_t address) override {
    top_.host_address_i = static_cast<std::uint16_t>(address);
    top_.eval();
    return top_.host_data_o;
  }

  void write(std::uint32_t address, std::uint32_t data) override {
    top_.host_write_i = 1;
    top_.host_address_i = static_cast<std::uint16_t>(address);
    top_.host_data_i = data;
    tick();
    top_.host_write_i = 0;
  }

  void load(const hw::Program& program, const hw::Sram& memory) override {
    for (int link = 0; link < hw::link_count; ++link) drive(link, {});
    top_.rst_ni = 0;
    tick();
    top_.rst_ni = 1;
    wires::write_program(program, [this](std::uint32_t address, std::uint32_t data) { write(address, data); });
    top_.host_address_i = static_cast<std::uint16_t>(wires::map_launch);
    for (std::size_t word = 0; word < memory.size(); ++word) bank(word) = memory[word];
  }

  void launch() override {
    top_.host_write_i = 1;
    tick();
    top_.host_write_i = 0;
    top_.eval();
  }

  hw::LinkWires output(int link) const override {
    return wires::link_wires(top_.link_o[static_cast<std::size_t>(link)],
                             top_.link_room_o[static_cast<std::size_t>(link)]);
  }

  void drive(int link, const hw::LinkWires& in) override {
    top_.link_i[static_cast<std::size_t>(link)] = wires::link_bits(in);
    top_.link_room_i[static_cast<std::size_t>(link)] = in.room;
  }

  // Verilator's run time knows one model per thread; here are many.
  void tick() override {
    Verilated::threadContextp(&context_);
    top_.clk_i = 1;
    top_.eval();
    top_.clk_i = 0;
    top_.eval();
    if (context_.gotError()) throw SimulationError("an assertion of the RTL tile (rtl/bind) fails; see the output");
  }

  hw::CoreProbe probe() const override { return wires::core_probe(top_.probe_o); }

  hw::Wavelet sent() const override { return wires::unpack(top_.probe_o); }
  unsigned running() const override { return top_.running_o; }
  std::uint32_t waiting() const override { return top_.waiting_o; }
  bool fault() const override { return top_.fault_o != 0; }

  std::vector<std::uint16_t> memory() const override {
    std::vector<std::uint16_t> words(wires::banks * wires::bank_rows);
    for (std::size_t word = 0; word < words.size(); ++word) words[word] = bank(word);
    return words;
  }

 private:
  auto& bank(std::size_t word) {
    return top_.rootp
        ->pe_tile__DOT__u_core__DOT__u_datapath__DOT__u_sram__DOT__bank_q[word % wires::banks][word / wires::banks];
  }
  const auto& bank(std::size_t word) const {
    return top_.rootp
        ->pe_tile__DOT__u_core__DOT__u_datapath__DOT__u_sram__DOT__bank_q[word % wires::banks][word / wires::banks];
  }

  VerilatedContext context_;
  Top top_{&context_};
};

}  // namespace weft::rtl
