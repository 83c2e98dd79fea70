#pragma once
// Bits at a tile's ports (rtl/common/weft_pkg.sv) and the map of its host port (rtl/ISA.md).
#include <cstdint>

#include "hw/pe/clocked_pe.h"
#include "hw/pe/isa.h"

namespace weft::rtl::wires {

inline constexpr std::uint32_t map_code = 0x8000, map_route = 0x9000, map_launch = 0xa000, map_task = 0xb000,
                               map_format = 0xc000;

// wavelet_t and probe_t.
inline constexpr int valid_bit = 38, control_bit = 37, color_shift = 32;
inline constexpr int probe_taken_shift = 39, probe_took_bit = 44, probe_pc_shift = 45, probe_thread_bit = 51,
                     probe_valid_bit = 52;

inline constexpr std::size_t banks = 8, bank_rows = 3072;

constexpr bool bit(std::uint64_t bits, int position) { return (bits >> position & 1) != 0; }

inline std::uint64_t link_bits(const hw::LinkWires& wires) {
  const hw::Wavelet& wavelet = wires.wavelet;
  if (!wires.valid) return 0;
  return std::uint64_t{1} << valid_bit | static_cast<std::uint64_t>(wavelet.control) << control_bit |
         static_cast<std::uint64_t>(wavelet.color) << color_shift | wavelet.data;
}

inline hw::Wavelet unpack(std::uint64_t bits) {
  return {static_cast<std::uint32_t>(bits), static_cast<std::uint8_t>(bits >> color_shift & 0x1f),
          bit(bits, control_bit)};
}

inline hw::LinkWires link_wires(std::uint64_t link, std::uint32_t room) {
  hw::LinkWires wires;
  wires.room = room;
  wires.valid = bit(link, valid_bit);
  if (wires.valid) wires.wavelet = unpack(link);
  return wires;
}

inline hw::CoreProbe core_probe(std::uint64_t bits) {
  return {bit(bits, probe_valid_bit),
          bit(bits, probe_took_bit),
          bit(bits, valid_bit),
          static_cast<int>(bits >> probe_thread_bit & 1),
          static_cast<int>(bits >> probe_pc_shift & 0x3f),
          static_cast<int>(bits >> probe_taken_shift & 0x1f)};
}

/// Format, code, routes and task table through `write(address, data)`.
template <typename Write>
void write_program(const hw::Program& program, const Write& write) {
  write(map_format, static_cast<std::uint32_t>(program.format));
  for (std::uint32_t at = 0; at < program.code.size(); ++at) {
    const hw::EncodedInstruction words = hw::encode(program.code[at]);
    for (std::uint32_t word = 0; word < hw::instruction_words; ++word) write(map_code | at << 3 | word, words[word]);
  }
  for (const auto& [color, route] : program.routes) {
    const auto depth = program.input_depths.find(color);
    const int given = depth == program.input_depths.end() ? 0 : depth->second;
    for (std::size_t position = 0; position < route.size(); ++position)
      write(map_route | static_cast<std::uint32_t>(color) << 2 | static_cast<std::uint32_t>(position),
            static_cast<std::uint32_t>(route.ring) << 14 | static_cast<std::uint32_t>(given) << 10 |
                static_cast<std::uint32_t>(route.size() - 1) << 8 |
                static_cast<std::uint32_t>(route[position].receive) << hw::port_count | route[position].transmit);
  }
  for (std::uint32_t number = 0; number < program.tasks.size(); ++number)
    write(map_task | number, hw::encode(program.tasks[number]));
}

}  // namespace weft::rtl::wires
