#pragma once
// How two sentences stand in a sample: [CLS] A [SEP] B [SEP].

namespace weft::hw {

constexpr int tokens_about_sentences = 3;

}  // namespace weft::hw
