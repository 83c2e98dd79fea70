#include "sw/driver/growing_text.h"

#include "hw/input/token_sequences.h"

namespace weft::sw {

void GrowingText::fill(int, std::int64_t, int, int, std::uint16_t* samples, std::int32_t* labels) {
  const int tokens = shown();
  form_.write(text_.data() + (text_.size() - static_cast<std::size_t>(tokens)), tokens, samples);
  std::fill_n(samples + static_cast<std::ptrdiff_t>(tokens) * form_.count(),
              static_cast<std::ptrdiff_t>(length_ - tokens) * form_.count(), form_.padding());
  std::fill_n(labels, length_, hw::unlabelled);
}

}  // namespace weft::sw
