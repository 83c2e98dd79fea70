// The rest of a round's sum, every element computed, in an order that keeps the lines at work in cache. An element
// needs the same element of the line below and, for its room, the one link_queue before of the line above. So
// link_queue elements of a line go together, and each block of them follows the block before it a line behind: all
// blocks pass a line while its history is in cache. Only where no returned sum comes back into the chain, whose owner
// would have to know of it.
#include <algorithm>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

void StreamReduce::sum_blocks(const Group& group, int begin, int owner_line, bool returns) {
  constexpr int strip = 1024;  // of one line: as many as stay in cache with the lines that the blocks are on
  const std::int64_t base = group.summed;
  const int together = timing_.link_queue, blocks = (group.elements - begin + together - 1) / together;
  for (int left = group.first; left < group.last; left += strip) {
    const int right = std::min(left + strip, group.last);
    for (int first_line = shape_.chain - 1; first_line > -blocks; --first_line)
      for (int block = std::max(0, -first_line); block < std::min(blocks, shape_.chain - first_line); ++block) {
        const int line = first_line + block, last = std::min(begin + (block + 1) * together, group.elements);
        for (int element = begin + block * together; element < last; ++element) {
          reduce_element(line, base + element, group, left, right);
          if (returns && line == 0) return_element(base + element, owner_line, left, right);
        }
      }
  }
}

}  // namespace weft::hw
