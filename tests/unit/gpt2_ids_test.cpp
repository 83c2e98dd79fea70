// Are the ids of GPT-2's own vocabulary those that its published encoder gives? Its files are no part of this tree:
// `./weft test` fetches them, and this test is there where they are.
#include "tests/unit/gpt2_ids.h"

#include <catch2/catch.hpp>

#include "sw/text/byte_pair_tokenizer.h"

using namespace weft;

TEST_CASE("contractions, blanks, numbers, scripts and emoji have the ids of GPT-2's encoder") {
  const std::filesystem::path folder = WEFT_GPT2_FOLDER;
  const sw::BytePairTokenizer tokenizer(folder / "encoder.json", folder / "vocab.bpe");
  CHECK(tokenizer.size() == 50'257);
  CHECK(tokenizer.end_of_text() == 50'256);
  for (const test::Gpt2Ids& expected : test::gpt2_ids) {
    CAPTURE(expected.text);
    const sw::TokenIds ids = tokenizer.encode(expected.text, "text");
    CHECK(ids == expected.ids);
    CHECK(tokenizer.decode(ids) == expected.text);
  }
}
