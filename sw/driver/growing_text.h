#pragma once
// A text that grows by a token a step: the samples of each step are its last tokens.
#include <algorithm>
#include <utility>

#include "hw/input/sample_source.h"
#include "hw/input/token_source.h"
#include "sw/text/tokenizer.h"

namespace weft::sw {

/// A sequence of `length` places. The text's last tokens stand at its beginning; behind them are tokens without ids,
/// to which no token before them attends. No token has a label.
class GrowingText final : public hw::SampleSource {
 public:
  /// Precondition: `text` is not empty, and its ids are below form.vocabulary.
  GrowingText(int length, hw::TokenForm form, TokenIds text) : length_(length), form_(form), text_(std::move(text)) {}

  int features() const override { return form_.count(); }
  bool follows_results() const override { return true; }
  void fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
            std::int32_t* labels) override;

  void append(std::int32_t id) { text_.push_back(id); }
  /// Where the text's last token stands in the sequence.
  int last_place() const { return shown() - 1; }

 private:
  int shown() const { return static_cast<int>(std::min<std::size_t>(text_.size(), static_cast<std::size_t>(length_))); }

  int length_;
  hw::TokenForm form_;
  TokenIds text_;
};

}  // namespace weft::sw
