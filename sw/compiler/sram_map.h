#pragma once
// What lies in the SRAM of the fullest PE.
#include <string>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/spec/job.h"
#include "hw/spec/machine.h"

namespace weft::sw {

struct SramItem {
  std::string name;
  Bytes bytes = 0;
};

/// Words (16 bit) of one feature's row of tokens: at least `tokens`, and 4 mod 8, so that the rows of a tile begin in
/// banks that are equal mod 4 (no clash with accumulators laid four banks off) and a walk across rows reads two
/// elements a cycle (facts: stride mod 8 = 4).
int padded_tokens(int tokens);

/// All tensors that are live at once on the PE of row 0, column 0, which has the most of everything. `segment`: see
/// train_launches().
std::vector<SramItem> sram_map(const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                               const hw::Mapping& mapping, int tokens, bool train, bool retain, int segment);

Bytes total_bytes(const std::vector<SramItem>& map);

}  // namespace weft::sw
