#include "hw/wafer/region.h"

namespace weft::hw {

Region::Region(const sc_core::sc_module_name& name, const FabricTiming& timing, int lanes, RegionExtent extent)
    : sc_module(name), timing_(timing), lanes_(lanes), extent_(extent) {
  for (std::size_t side = 0; side < 4; ++side) {
    const std::string suffix = proto::side_names[side];
    ports_[side].region = this;
    ports_[side].side = static_cast<proto::Side>(side);
    out_[side] = std::make_unique<proto::WaveletOut>((suffix + "_out").c_str());
    in_[side] = std::make_unique<proto::WaveletIn>((suffix + "_in").c_str());
    in_[side]->bind(ports_[side]);
    out_[side]->bind(ports_[side]);
  }
}

void Region::Port::b_transport(proto::WaveletBurst& burst, sc_core::sc_time&) { region->take_burst(side, burst); }

void Region::send(proto::Side to, proto::WaveletBurst& burst) {
  sc_core::sc_time none = sc_core::SC_ZERO_TIME;  // a burst carries its times in cycles
  (*out_[static_cast<std::size_t>(to)])->b_transport(burst, none);
}

}  // namespace weft::hw
