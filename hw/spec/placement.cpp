#include "hw/spec/placement.h"

#include <algorithm>
#include <numeric>

namespace weft::hw {

Placement::Placement(const Job& job, const MachineSpec& machine)
    : servers_(machine.memoryx.weight_servers),
      lanes_(machine.io.ethernet_links),
      parameters_(servers_, std::vector<std::int64_t>(job.layers.size(), 0)) {
  const auto layers = static_cast<int>(job.layers.size());
  if (job.whole_tensor_placement) {
    std::vector<int> by_size(layers);
    std::iota(by_size.begin(), by_size.end(), 0);
    std::stable_sort(by_size.begin(), by_size.end(),
                     [&](int a, int b) { return job.layers[a].kept_parameters() > job.layers[b].kept_parameters(); });
    std::vector<std::int64_t> load(servers_, 0);
    owners_.assign(layers, 0);
    for (const int layer : by_size) {
      const auto least = static_cast<int>(std::min_element(load.begin(), load.end()) - load.begin());
      owners_[layer] = least;
      load[least] += job.layers[layer].kept_parameters();
    }
  }
  for (int layer = 0; layer < layers; ++layer) {
    if (!job.layers[layer].has_parameters()) continue;
    const auto kept =
        elements(layer, gradient_shape(job.layers[layer], machine.memoryx.chunk_bytes, job.gradient_wire));
    for (int server = 0; server < servers_; ++server) parameters_[server][layer] = kept[server];
  }
}

std::vector<std::int64_t> Placement::elements(int layer, const StreamShape& shape) const {
  std::vector<std::int64_t> of_server(servers_, 0);
  for (int chunk = 0; chunk < shape.chunks(); ++chunk) of_server[server(layer, chunk)] += shape.chunk_elements(chunk);
  return of_server;
}

}  // namespace weft::hw
