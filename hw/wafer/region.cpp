#include "hw/wafer/region.h"

namespace weft::hw {

Region::Region(const sc_core::sc_module_name& name, const FabricTiming& timing, RegionExtent extent)
    : sc_module(name),
      timing_(timing),
      extent_(extent),
      values_(part_, [this](proto::Side to, proto::WaveletBurst& burst) { send(to, burst); }) {
  for (std::size_t side = 0; side < 4; ++side) {
    const std::string suffix = proto::side_names[side];
    edges_[side].region = this;
    edges_[side].side = static_cast<proto::Side>(side);
    out_[side] = std::make_unique<proto::WaveletOut>((suffix + "_out").c_str());
    in_[side] = std::make_unique<proto::WaveletIn>((suffix + "_in").c_str());
    in_[side]->bind(edges_[side]);
  }
}

void Region::send(proto::Side to, proto::WaveletBurst& burst) { (*out_[static_cast<std::size_t>(to)])->take(burst); }

}  // namespace weft::hw
