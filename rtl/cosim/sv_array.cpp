#include "rtl/cosim/sv_array.h"

#include "Vpe_array.h"
#include "hw/pe/array_setup.h"
#include "rtl/cosim/tile_wires.h"

namespace weft::rtl {

namespace {

constexpr std::size_t tiles = SvArray::width * SvArray::height;
constexpr std::size_t words = wires::banks * wires::bank_rows;

}  // namespace

// All PEs are loaded, launched and clocked together, when the last one is.
class SvArray::Model {
 public:
  Model() { top.eval(); }

  void tick() {
    Verilated::threadContextp(&context_);
    top.clk_i = 1;
    top.eval();
    top.clk_i = 0;
    top.eval();
    memory_is_known_ = false;
  }

  void reset() {
    for (std::size_t edge = 0; edge < 2 * (width + height); ++edge) top.edge_i[edge] = top.edge_room_i[edge] = 0;
    top.rst_ni = 0;
    tick();
    top.rst_ni = 1;
  }

  void launch() {
    top.launch_i = 1;
    tick();
    top.launch_i = 0;
    top.eval();
  }

  void write(std::size_t tile, std::uint32_t address, std::uint32_t data) {
    top.host_write_i = 1;
    top.host_tile_i = static_cast<std::uint16_t>(tile);
    top.host_address_i = static_cast<std::uint16_t>(address);
    top.host_data_i = data;
    tick();
    top.host_write_i = 0;
  }

  /// Of all tiles; a word of each is read at a time.
  const std::vector<std::vector<std::uint16_t>>& memories() {
    if (memory_is_known_) return memories_;
    memories_.assign(tiles, std::vector<std::uint16_t>(words));
    for (std::size_t word = 0; word < words; ++word) {
      top.host_address_i = static_cast<std::uint16_t>(word);
      top.eval();
      for (std::size_t tile = 0; tile < tiles; ++tile)
        memories_[tile][word] = static_cast<std::uint16_t>(top.host_data_o[tile]);
    }
    memory_is_known_ = true;
    return memories_;
  }

 private:
  VerilatedContext context_;

 public:
  Vpe_array top{&context_};

 private:
  bool memory_is_known_ = false;
  std::vector<std::vector<std::uint16_t>> memories_;
};

class SvArray::Pe : public hw::ClockedPe {
 public:
  Pe(Model& model, std::size_t tile) : model_(model), tile_(tile) {}

  void load(const hw::Program& program, const hw::Sram& memory) override {
    if (tile_ == 0) model_.reset();
    const std::vector<std::uint16_t> before = model_.memories()[tile_];
    wires::write_program(program,
                         [this](std::uint32_t address, std::uint32_t data) { model_.write(tile_, address, data); });
    for (std::size_t word = 0; word < words; ++word)
      if (memory[word] != before[word]) model_.write(tile_, static_cast<std::uint32_t>(word), memory[word]);
  }

  void launch() override {
    if (tile_ + 1 == tiles) model_.launch();
  }

  hw::LinkWires output(int link) const override {
    const std::size_t wire = tile_ * hw::link_count + static_cast<std::size_t>(link);
    return wires::link_wires(model_.top.link_o[wire], model_.top.link_room_o[wire]);
  }

  // What drives an inner link is the array's own business.
  void drive(int link, const hw::LinkWires& in) override {
    static const hw::ArraySetup shape(width, height, 0);
    const hw::LinkEnd end = hw::behind(shape, static_cast<int>(tile_) % width, static_cast<int>(tile_) / width,
                                       static_cast<hw::Port>(link));
    if (end.edge < 0) return;
    model_.top.edge_i[static_cast<std::size_t>(end.edge)] = wires::link_bits(in);
    model_.top.edge_room_i[static_cast<std::size_t>(end.edge)] = in.room;
  }

  void tick() override {
    if (tile_ + 1 == tiles) model_.tick();
  }

  hw::CoreProbe probe() const override { return wires::core_probe(model_.top.probe_o[tile_]); }
  hw::Wavelet sent() const override { return wires::unpack(model_.top.probe_o[tile_]); }
  unsigned running() const override { return model_.top.running_o[tile_]; }
  std::uint32_t waiting() const override { return model_.top.waiting_o[tile_]; }
  bool fault() const override { return model_.top.fault_o[tile_] != 0; }
  std::vector<std::uint16_t> memory() const override { return model_.memories()[tile_]; }

 private:
  Model& model_;
  std::size_t tile_;
};

SvArray::SvArray() : model_(std::make_unique<Model>()) {
  for (std::size_t tile = 0; tile < tiles; ++tile) pes_.push_back(std::make_unique<Pe>(*model_, tile));
}

SvArray::~SvArray() = default;

hw::ClockedRectangle SvArray::rectangle() {
  hw::ClockedRectangle rectangle{0, 0, width, height, {}};
  for (const std::unique_ptr<Pe>& pe : pes_) rectangle.pes.push_back(pe.get());
  return rectangle;
}

}  // namespace weft::rtl
