#include "rtl/cosim/tile.h"

#include <fmt/format.h>

#include "Vpe_tile.h"
#include "Vpe_tile___024root.h"
#include "tlm/base/error.h"

#if VM_COVERAGE
#include <unistd.h>
#include <verilated_cov.h>

#include <atomic>
#endif

namespace weft::rtl {

namespace {

// The host port's map (rtl/ISA.md).
constexpr std::uint32_t map_code = 0x8000, map_route = 0x9000, map_launch = 0xa000, map_parameters = 0xf000;

// wavelet_t and probe_t of rtl/common/weft_pkg.sv.
constexpr int valid_bit = 38, control_bit = 37, color_shift = 32;
constexpr int probe_took_bit = 39, probe_pc_shift = 40, probe_thread_bit = 46, probe_valid_bit = 47;

constexpr bool bit(std::uint64_t bits, int position) { return (bits >> position & 1) != 0; }

std::uint64_t pack(const hw::Wavelet& wavelet) {
  return std::uint64_t{1} << valid_bit | static_cast<std::uint64_t>(wavelet.control) << control_bit |
         static_cast<std::uint64_t>(wavelet.color) << color_shift | wavelet.data;
}

hw::Wavelet unpack(std::uint64_t bits) {
  return {static_cast<std::uint32_t>(bits), static_cast<std::uint8_t>(bits >> color_shift & 0x1f),
          bit(bits, control_bit)};
}

#if VM_COVERAGE
// In the working directory: what one tile covered (tests/cosim/coverage.py).
std::string coverage_file() {
  static std::atomic<int> number = 0;
  return fmt::format("tile_{}_{}.coverage", getpid(), ++number);
}
#endif

}  // namespace

struct Tile::Model {
  VerilatedContext context;
  Vpe_tile top{&context};

  // An assertion that fails prints its name; then tick() throws, where Verilator would abort.
  Model() { context.fatalOnError(false); }
  ~Model() {
    Verilated::threadContextp(&context);
#if VM_COVERAGE
    context.coveragep()->write(coverage_file().c_str());
#endif
  }

  // Verilator's run time knows one model per thread; here are many.
  void tick() {
    Verilated::threadContextp(&context);
    top.clk_i = 1;
    top.eval();
    top.clk_i = 0;
    top.eval();
    if (context.gotError()) throw SimulationError("an assertion of the RTL tile (rtl/bind) fails; see the output");
  }
};

Tile::Tile(const hw::MachineSpec& machine) : model_(std::make_unique<Model>()) {
  struct Parameter {
    const char* name;
    std::int64_t wanted;
  };
  const hw::PeSpec& pe = machine.pe;
  const hw::RouterSpec& router = machine.router;
  const Parameter parameters[] = {{"pe.lanes.fmac_mixed", pe.lanes.fmac_mixed},
                                  {"router.link_queue", router.link_queue},
                                  {"router.input_queue", router.input_queue},
                                  {"router.output_queue", router.output_queue},
                                  {"router.ramp_cycles", router.ramp_cycles},
                                  {"pe.vector_issue_cycles", pe.vector_issue_cycles},
                                  {"pe.vector_fill_cycles", pe.vector_fill_cycles},
                                  {"pe.scalar_cycles", pe.scalar_cycles},
                                  {"pe.control_cycles", pe.control_cycles},
                                  {"pe.task_dispatch_cycles", pe.task_dispatch_cycles},
                                  {"router.colors", router.colors},
                                  {"pe.sram_bytes", pe.sram_bytes},
                                  {"router.hop_cycles", router.hop_cycles},
                                  {"pe.banks", pe.banks},
                                  {"pe.lanes.add_fp32", pe.lanes.add_fp32},
                                  {"pe.lanes.mul_fp32", pe.lanes.mul_fp32},
                                  {"pe.lanes.max_fp32", pe.lanes.max_fp32},
                                  {"pe.lanes.max_fp16", pe.lanes.max_fp16},
                                  {"pe.lanes.fmac_fp32", pe.lanes.fmac_fp32},
                                  {"pe.call_cycles", pe.call_cycles},
                                  {"pe.lanes.convert", pe.lanes.convert},
                                  {"pe.lanes.integer", pe.lanes.integer}};
  for (std::uint32_t index = 0; index < std::size(parameters); ++index) {
    const Parameter& parameter = parameters[index];
    const std::uint32_t built = read(map_parameters + index);
    if (built != parameter.wanted)
      throw UsageError(fmt::format("machine '{}': {} is {}; the RTL tile is built with {}", machine.name,
                                   parameter.name, parameter.wanted, built));
  }
}

Tile::~Tile() = default;

void Tile::write(std::uint32_t address, std::uint32_t data) {
  model_->top.host_write_i = 1;
  model_->top.host_address_i = static_cast<std::uint16_t>(address);
  model_->top.host_data_i = data;
  model_->tick();
  model_->top.host_write_i = 0;
}

std::uint32_t Tile::read(std::uint32_t address) {
  model_->top.host_address_i = static_cast<std::uint16_t>(address);
  model_->top.eval();
  return model_->top.host_data_o;
}

void Tile::load(const hw::Program& program, const hw::Sram& memory) {
  for (int link = 0; link < hw::link_count; ++link) drive(link, {});
  model_->top.rst_ni = 0;
  model_->tick();
  model_->top.rst_ni = 1;
  for (std::uint32_t at = 0; at < program.code.size(); ++at) {
    const hw::EncodedInstruction words = hw::encode(program.code[at]);
    for (std::uint32_t word = 0; word < hw::instruction_words; ++word) write(map_code | at << 3 | word, words[word]);
  }
  for (const auto& [color, route] : program.routes) {
    const auto depth = program.input_depths.find(color);
    const int given = depth == program.input_depths.end() ? 0 : depth->second;
    for (std::size_t position = 0; position < route.size(); ++position) {
      write(map_route | static_cast<std::uint32_t>(color) << 2 | static_cast<std::uint32_t>(position),
            static_cast<std::uint32_t>(given) << 10 | static_cast<std::uint32_t>(route.size() - 1) << 8 |
                static_cast<std::uint32_t>(route[position].receive) << hw::port_count | route[position].transmit);
    }
  }
  std::uint32_t launch = 0;
  for (int thread = 0; thread < hw::thread_count; ++thread)
    if (const auto& entry = program.entry[static_cast<std::size_t>(thread)])
      launch |= (0x80U | static_cast<std::uint32_t>(*entry)) << (8 * thread);
  model_->top.host_address_i = static_cast<std::uint16_t>(map_launch);
  model_->top.host_data_i = launch;
  auto& banks = model_->top.rootp->pe_tile__DOT__u_core__DOT__u_datapath__DOT__u_sram__DOT__bank_q;
  const auto& words = memory.words();
  for (std::size_t word = 0; word < words.size(); ++word) banks[word % 8][word / 8] = words[word];
}

void Tile::launch() {
  model_->top.host_write_i = 1;
  model_->tick();
  model_->top.host_write_i = 0;
  model_->top.eval();
}

hw::LinkWires Tile::output(int link) const {
  const std::uint64_t bits = model_->top.link_o[static_cast<std::size_t>(link)];
  hw::LinkWires wires;
  wires.room = model_->top.link_room_o[static_cast<std::size_t>(link)];
  wires.valid = bit(bits, valid_bit);
  if (wires.valid) wires.wavelet = unpack(bits);
  return wires;
}

void Tile::drive(int link, const hw::LinkWires& wires) {
  model_->top.link_i[static_cast<std::size_t>(link)] = wires.valid ? pack(wires.wavelet) : 0;
  model_->top.link_room_i[static_cast<std::size_t>(link)] = wires.room;
}

void Tile::tick() { model_->tick(); }

hw::CoreProbe Tile::probe() const {
  const std::uint64_t bits = model_->top.probe_o;
  return {bit(bits, probe_valid_bit), bit(bits, probe_took_bit), bit(bits, valid_bit),
          static_cast<int>(bits >> probe_thread_bit & 1), static_cast<int>(bits >> probe_pc_shift & 0x3f)};
}

hw::Wavelet Tile::sent() const { return unpack(model_->top.probe_o); }

unsigned Tile::running() const { return model_->top.running_o; }
bool Tile::fault() const { return model_->top.fault_o != 0; }

std::vector<std::uint16_t> Tile::memory() const {
  const auto& banks = model_->top.rootp->pe_tile__DOT__u_core__DOT__u_datapath__DOT__u_sram__DOT__bank_q;
  std::vector<std::uint16_t> words(8U * 3072U);
  for (std::size_t word = 0; word < words.size(); ++word) words[word] = banks[word % 8][word / 8];
  return words;
}

std::uint16_t Tile::read_word(int address) {
  return static_cast<std::uint16_t>(read(static_cast<std::uint32_t>(address)));
}

void Tile::write_word(int address, std::uint16_t word) { write(static_cast<std::uint32_t>(address), word); }

}  // namespace weft::rtl
