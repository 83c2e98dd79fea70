#include "sw/crosscheck/plain_sums.h"

#include <numeric>

#include "hw/pe/arithmetic.h"

namespace weft::sw {

std::vector<std::uint32_t> plain_sums(const hw::LaunchMap& map, const MatrixValues& values) {
  const int inner = std::accumulate(map.wavelets.begin(), map.wavelets.end(), 0);
  const int outer = std::accumulate(map.elements.begin(), map.elements.end(), 0);
  // `resident` is [features][tokens]: the stream runs over features in a row kernel, over tokens in a column kernel.
  const auto resident = [&](int stream, int element) {
    const int at = map.lines_are_rows ? stream * outer + element : element * inner + stream;
    return values.resident[static_cast<std::size_t>(at)];
  };
  std::vector<std::uint32_t> sums;
  for (int round = 0; round < map.rounds; ++round) {
    for (int element = 0; element < outer; ++element) {
      std::uint32_t sum = 0;
      // From the foot of the chain to line 0. Lines are rows from the north, or columns from the east.
      int end = map.lines_are_rows ? inner : 0;
      for (int line = map.chain - 1; line >= 0; --line) {
        const int count = map.wavelets[static_cast<std::size_t>(line)];
        const int first = map.lines_are_rows ? end - count : end;
        std::uint32_t partial = 0;
        for (int stream = first; stream < first + count; ++stream)
          partial = hw::fused_multiply_add(values.stream[static_cast<std::size_t>(round * inner + stream)],
                                           resident(stream, element), partial);
        sum = line == map.chain - 1 ? partial : hw::add(sum, partial);
        end = map.lines_are_rows ? first : first + count;
      }
      sums.push_back(map.returns ? hw::to_half(sum) : sum);
    }
  }
  return sums;
}

}  // namespace weft::sw
