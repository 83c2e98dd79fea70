#include "hw/pe/router_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "tlm/base/error.h"

namespace weft::hw {

RouterModel::RouterModel(const RouterSpec& spec, const std::map<int, Route>& routes,
                         const std::map<int, int>& input_depths)
    : index_(static_cast<std::size_t>(spec.colors), -1) {
  for (const auto& [number, route] : routes) {
    index_[static_cast<std::size_t>(number)] = static_cast<int>(colors_.size());
    Color color;
    color.number = number;
    color.route = route;
    color.queues.assign(link_count, RingQueue<Entry>(spec.link_queue));
    color.queues.emplace_back(spec.output_queue);
    color.credits.assign(link_count, Credits(spec.link_queue));
    const auto depth = input_depths.find(number);
    color.credits.emplace_back(depth == input_depths.end() ? spec.input_queue : depth->second);
    colors_.push_back(std::move(color));
  }
}

RouterModel::Color& RouterModel::routed(int color) {
  const int index = index_.at(static_cast<std::size_t>(color));
  if (index < 0) throw SimulationError(fmt::format("router: color {} has no route here", color));
  return colors_[static_cast<std::size_t>(index)];
}

void RouterModel::arrive(Port port, const Wavelet& wavelet, Cycle available) {
  Color& way = routed(wavelet.color);
  auto& queue = way.queues[static_cast<std::size_t>(port)];
  if (queue.full())
    throw SimulationError(fmt::format("router: the sender of color {} ignores its credits", wavelet.color));
  const bool first = queue.empty();
  queue.push({wavelet, available});
  if (first) update(way);
}

void RouterModel::give_credit(Port port, int color, Cycle usable) {
  Color& way = routed(color);
  Credits& credits = way.credits[static_cast<std::size_t>(port)];
  const bool first = credits.earliest() == never;
  credits.give(usable);
  if (first) update(way);
}

PortSet RouterModel::takers(const Color& color, const Wavelet& wavelet) {
  const PortSet transmit = color.switched().transmit;
  if (!wavelet.control || (wavelet.data & control_silent_bit) == 0) return transmit;
  // Nobody behind the last switch that it moves has a use for it.
  if ((wavelet.data & control_advance_mask) <= 1) return 0;
  return static_cast<PortSet>(transmit & ~port_bit(Port::ramp));
}

Cycle RouterModel::earliest_of(const Color& color) {
  const auto& queue = color.queues[static_cast<std::size_t>(color.switched().receive)];
  if (queue.empty()) return never;
  Cycle at = std::max(queue.front().available, color.not_before);
  const PortSet to = takers(color, queue.front().wavelet);
  for (std::size_t port = 0; port < port_count; ++port)
    if (to >> port & 1) at = std::max(at, color.credits[port].earliest());
  return at;
}

// What is told to a router can only bring a departure nearer.
void RouterModel::update(Color& color) {
  color.earliest = earliest_of(color);
  next_ = std::min(next_, color.earliest);
}

void RouterModel::act(Cycle now, std::vector<RouterDeparture>& departures) {
  order_.clear();
  for (std::size_t index = 0; index < colors_.size(); ++index)
    if (colors_[index].earliest <= now) order_.push_back(index);
  PortSet used = 0;
  for (const std::size_t index : order_) {
    Color& color = colors_[index];
    const Port from = color.switched().receive;
    auto& queue = color.queues[static_cast<std::size_t>(from)];
    const PortSet to = takers(color, queue.front().wavelet);
    color.not_before = now + 1;
    if (to & used) continue;
    used |= to;
    RouterDeparture departure{now, from, to, queue.front().wavelet};
    queue.pop();
    for (std::size_t port = 0; port < port_count; ++port)
      if (to >> port & 1) color.credits[port].use();
    if (departure.wavelet.control && (departure.wavelet.data & control_advance_mask) != 0) {
      --departure.wavelet.data;
      color.position = color.route.after(color.position);
    }
    departures.push_back(departure);
  }
  for (const std::size_t index : order_) colors_[index].earliest = earliest_of(colors_[index]);
  next_ = never;
  for (const Color& color : colors_) next_ = std::min(next_, color.earliest);
}

void RouterModel::describe_waiting(std::vector<std::string>& lines) const {
  static constexpr const char* names[port_count] = {"north", "east", "south", "west", "ramp"};
  for (const Color& color : colors_) {
    for (std::size_t port = 0; port < port_count; ++port) {
      if (color.queues[port].empty()) continue;
      const Port receive = color.switched().receive;
      if (receive != static_cast<Port>(port)) {
        lines.push_back(fmt::format("color {} from the {} waits for the switch, which receives from the {}",
                                    color.number, names[port], names[index_of(receive)]));
        continue;
      }
      for (std::size_t to = 0; to < port_count; ++to)
        if ((takers(color, color.queues[port].front().wavelet) >> to & 1) && color.credits[to].earliest() == never)
          lines.push_back(
              fmt::format("color {} from the {} waits for room at the {}", color.number, names[port], names[to]));
    }
  }
}

}  // namespace weft::hw
