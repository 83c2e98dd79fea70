#pragma once
// A set of lines, taken from the highest down; a lower one may be added while it is taken from.
#include <cstdint>
#include <vector>

namespace weft::hw {

class DueLines {
 public:
  /// Empty, for lines [0, lines).
  void clear(int lines) {
    lines_ = lines;
    words_.assign(static_cast<std::size_t>(lines + 63) / 64, 0);
    highest_ = -1;
  }
  void add(int line) {
    const int word = line / 64;
    words_[static_cast<std::size_t>(word)] |= std::uint64_t{1} << (line % 64);
    if (word > highest_) highest_ = word;
  }
  void add_all() {
    for (int line = 0; line < lines_; ++line) add(line);
  }
  /// Takes out the highest; -1 when empty.
  int take_last() {
    for (; highest_ >= 0; --highest_) {
      std::uint64_t& word = words_[static_cast<std::size_t>(highest_)];
      if (word == 0) continue;
      const int bit = 63 - __builtin_clzll(word);
      word &= ~(std::uint64_t{1} << bit);
      return highest_ * 64 + bit;
    }
    return -1;
  }

 private:
  int lines_ = 0, highest_ = -1;  ///< word that may hold the highest
  std::vector<std::uint64_t> words_;
};

}  // namespace weft::hw
