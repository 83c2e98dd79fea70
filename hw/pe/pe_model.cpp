#include "hw/pe/pe_model.h"

#include <utility>

namespace weft::hw {

PeModel::PeModel(const MachineSpec& machine, const Program& program, Sram memory)
    : ramp_(machine.router.ramp_cycles),
      core_(machine, program, std::move(memory)),
      router_(machine.router, program.routes, program.input_depths) {}

void PeModel::act(Cycle now, PeEvents& events) {
  if (router_.next() <= now) router_.act(now, events.departures);
  if (core_.next() <= now) events.slots.push_back(core_.act(now));
  // Both have looked at the cycle before either hears of the other: what one does reaches the other ramp cycles later.
  for (const RouterDeparture& departure : events.departures) {
    if (departure.to & port_bit(Port::ramp)) core_.arrive(departure.wavelet, now + ramp_);
    if (departure.from == Port::ramp) core_.give_credit(departure.wavelet.color, now + ramp_);
  }
  for (const CoreSlot& slot : events.slots) {
    if (slot.took) router_.give_credit(Port::ramp, *core_.instruction(slot.instruction).fabric_in, now + ramp_);
    if (slot.sent) router_.arrive(Port::ramp, slot.wavelet, now + 1 + ramp_);
  }
}

std::vector<std::string> PeModel::waiting() const {
  std::vector<std::string> lines;
  core_.describe_waiting(lines);
  router_.describe_waiting(lines);
  return lines;
}

}  // namespace weft::hw
