#include "tlm/block/describe.h"

#include <fmt/format.h>

namespace weft::proto {

const char* name_of(BlockKind kind) {
  switch (kind) {
    case BlockKind::step_begin:
      return "step_begin";
    case BlockKind::weights:
      return "weights";
    case BlockKind::credit:
      return "credit";
    case BlockKind::gradient:
      return "gradient";
    case BlockKind::loss:
      return "loss";
    case BlockKind::samples:
      return "samples";
    case BlockKind::checkpoint:
      return "checkpoint";
  }
  return "unknown";
}

std::string describe(const BlockTag& tag) {
  return fmt::format("{} of layer {} chunk {} (stage {} step {} micro-batch {} launch {} lane {})", name_of(tag.kind),
                     tag.layer, tag.chunk, tag.stage, tag.step, tag.micro_batch, tag.launch, tag.lane);
}

bool same_block(const BlockTag& a, const BlockTag& b) {
  return a.kind == b.kind && a.stage == b.stage && a.step == b.step && a.micro_batch == b.micro_batch &&
         a.launch == b.launch && a.layer == b.layer && a.chunk == b.chunk && a.lane == b.lane;
}

}  // namespace weft::proto
