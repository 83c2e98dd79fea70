#pragma once
// A tile over the class that Verilator made of rtl/pe/pe_tile.sv, whichever lanes it was given. Only the tile_*.cpp
// beside it include this, behind Verilator's headers of their class.
#include <fmt/format.h>

#include <vector>

#include "hw/pe/isa.h"
#include "rtl/cosim/tile.h"
#include "tlm/base/error.h"

#if VM_COVERAGE
#include <unistd.h>

#include <atomic>
#endif

namespace weft::rtl {

namespace wires {

// The host port's map (rtl/ISA.md).
inline constexpr std::uint32_t map_code = 0x8000, map_route = 0x9000, map_launch = 0xa000, map_task = 0xb000;

// wavelet_t and probe_t of rtl/common/weft_pkg.sv.
inline constexpr int valid_bit = 38, control_bit = 37, color_shift = 32;
inline constexpr int probe_taken_shift = 39, probe_took_bit = 44, probe_pc_shift = 45, probe_thread_bit = 51,
                     probe_valid_bit = 52;

inline constexpr std::size_t banks = 8, bank_rows = 3072;

constexpr bool bit(std::uint64_t bits, int position) { return (bits >> position & 1) != 0; }

inline std::uint64_t pack(const hw::Wavelet& wavelet) {
  return std::uint64_t{1} << valid_bit | static_cast<std::uint64_t>(wavelet.control) << control_bit |
         static_cast<std::uint64_t>(wavelet.color) << color_shift | wavelet.data;
}

inline hw::Wavelet unpack(std::uint64_t bits) {
  return {static_cast<std::uint32_t>(bits), static_cast<std::uint8_t>(bits >> color_shift & 0x1f),
          bit(bits, control_bit)};
}

#if VM_COVERAGE
// In the working directory: what one tile covered (tests/cosim/coverage.py).
inline std::string coverage_file() {
  static std::atomic<int> number = 0;
  return fmt::format("tile_{}_{}.coverage", getpid(), ++number);
}
#endif

}  // namespace wires

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
    context_.coveragep()->write(wires::coverage_file().c_str());
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
    for (std::uint32_t at = 0; at < program.code.size(); ++at) {
      const hw::EncodedInstruction words = hw::encode(program.code[at]);
      for (std::uint32_t word = 0; word < hw::instruction_words; ++word)
        write(wires::map_code | at << 3 | word, words[word]);
    }
    for (const auto& [color, route] : program.routes)
      for (std::size_t position = 0; position < route.size(); ++position)
        write(wires::map_route | static_cast<std::uint32_t>(color) << 2 | static_cast<std::uint32_t>(position),
              static_cast<std::uint32_t>(route.size() - 1) << 8 |
                  static_cast<std::uint32_t>(route[position].receive) << hw::port_count | route[position].transmit);
    for (std::uint32_t number = 0; number < program.tasks.size(); ++number)
      write(wires::map_task | number, hw::encode(program.tasks[number]));
    top_.host_address_i = static_cast<std::uint16_t>(wires::map_launch);
    const auto& words = memory.words();
    for (std::size_t word = 0; word < words.size(); ++word) bank(word) = words[word];
  }

  void launch() override {
    top_.host_write_i = 1;
    tick();
    top_.host_write_i = 0;
    top_.eval();
  }

  hw::LinkWires output(int link) const override {
    const std::uint64_t bits = top_.link_o[static_cast<std::size_t>(link)];
    hw::LinkWires out;
    out.room = top_.link_room_o[static_cast<std::size_t>(link)];
    out.valid = wires::bit(bits, wires::valid_bit);
    if (out.valid) out.wavelet = wires::unpack(bits);
    return out;
  }

  void drive(int link, const hw::LinkWires& in) override {
    top_.link_i[static_cast<std::size_t>(link)] = in.valid ? wires::pack(in.wavelet) : 0;
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

  hw::CoreProbe probe() const override {
    const std::uint64_t bits = top_.probe_o;
    return {wires::bit(bits, wires::probe_valid_bit),
            wires::bit(bits, wires::probe_took_bit),
            wires::bit(bits, wires::valid_bit),
            static_cast<int>(bits >> wires::probe_thread_bit & 1),
            static_cast<int>(bits >> wires::probe_pc_shift & 0x3f),
            static_cast<int>(bits >> wires::probe_taken_shift & 0x1f)};
  }

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
