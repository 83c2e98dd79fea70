// Do texts become the ids that their tokenizer's definition says, come back byte by byte, and is what has no id told
// with its place?
#include <catch2/catch.hpp>

#include "sw/text/byte_pair_tokenizer.h"
#include "sw/text/character_tokenizer.h"
#include "sw/text/utf8.h"
#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;
using sw::TokenIds;

namespace {

sw::CharacterTokenizer characters_of(const std::string& text) {
  return sw::CharacterTokenizer(std::vector<sw::TextFile>{{"text.txt", text}});
}

void write(const std::filesystem::path& path, const std::string& text) {
  test::write_bytes(path, {text.begin(), text.end()});
}

/// GPT-2's form of a byte: itself if it can be seen, else the next character from U+0100 on.
std::string shown_byte(int byte) {
  const bool seen = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  if (seen) return sw::utf8_of(static_cast<char32_t>(byte));
  const int before = byte <= 32 ? byte : byte <= 160 ? byte - 127 + 33 : 67;
  return sw::utf8_of(static_cast<char32_t>(256 + before));
}

/// A vocabulary of the bytes (ids 0 to 255), then "ab" 256, "abc" 257, " ab" 258, "'s" 259, <|endoftext|> 260.
struct SmallVocabulary {
  test::ScratchFolder folder;
  SmallVocabulary() {
    std::string json = "{";
    for (int byte = 0; byte < 256; ++byte) {
      const std::string shown = shown_byte(byte);
      json += "\"" + (shown == "\"" || shown == "\\" ? "\\" + shown : shown) + "\": " + std::to_string(byte) + ", ";
    }
    json += "\"ab\": 256, \"abc\": 257, \"\u0120ab\": 258, \"'s\": 259, \"<|endoftext|>\": 260}";
    write(folder / "encoder.json", json);
    write(folder / "vocab.bpe", "#version: 0.2\na b\n\u0120 ab\nab c\n' s\n");
  }
  sw::BytePairTokenizer read() const { return {folder / "encoder.json", folder / "vocab.bpe"}; }
  TokenIds ids(const std::string& text) const { return read().encode(text, "text.txt"); }
};

}  // namespace

TEST_CASE("a character's id is its place among the sorted code points of the text") {
  const sw::CharacterTokenizer tokenizer = characters_of("ba\u00e9\n\U0001f600a");
  CHECK(tokenizer.size() == 5);
  CHECK(tokenizer.encode("\nab\u00e9\U0001f600", "x") == TokenIds{0, 1, 2, 3, 4});
  CHECK(tokenizer.decode({4, 2, 2, 0, 3}) == "\U0001f600bb\n\u00e9");
  CHECK(tokenizer.shown(0) == "U+000A");
  CHECK(tokenizer.shown(1) == "'a'");
  CHECK_THROWS_WITH(tokenizer.decode({5}), Contains("token 5") && Contains("0 to 4"));
  CHECK_THROWS_AS(tokenizer.decode({-1}), UsageError);
}

TEST_CASE("every code point of UTF-8 comes back") {
  std::string text;
  for (const char32_t value : {0x0U, 0x7fU, 0x80U, 0x7ffU, 0x800U, 0xd7ffU, 0xe000U, 0xffffU, 0x10000U, 0x10ffffU})
    text += sw::utf8_of(value);
  const sw::CharacterTokenizer tokenizer = characters_of(text);
  CHECK(tokenizer.size() == 10);
  CHECK(tokenizer.decode(tokenizer.encode(text, "x")) == text);
  CHECK(sw::utf8_of(0x20ac) == "\xe2\x82\xac");
}

TEST_CASE("what is not UTF-8 is told with its file and offset") {
  for (const char* bad : {"\xff", "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf0\x9f\x98", "\xc3\x28"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(characters_of("ab\u00e9" + std::string(bad)),
                      Contains("text.txt: byte 0x") && Contains("offset 4"));
    CHECK_THROWS_AS(SmallVocabulary().ids("ab\u00e9" + std::string(bad)), UsageError);
  }
}

TEST_CASE("a character that the training text does not have is told with its file and offset") {
  CHECK_THROWS_WITH(characters_of("ab").encode("ab\u00e9", "other.txt"),
                    Contains("other.txt: U+00E9 at offset 2") && Contains("2 characters"));
}

TEST_CASE("a kept vocabulary gives the same ids, and what is none is refused by name") {
  const std::string text = "\"\\\n\t\u00e9\U0001f600 z";
  const sw::CharacterTokenizer tokenizer = characters_of(text), kept(tokenizer.json(), "vocabulary.json");
  CHECK(kept.encode(text, "x") == tokenizer.encode(text, "x"));
  CHECK(kept.json() == tokenizer.json());
  for (const char* bad :
       {"", "[]", "{\"tokenizer\": \"characters\"}", "{\"tokenizer\": \"gpt2\", \"characters\": [\"a\"]}",
        "{\"tokenizer\": \"characters\", \"characters\": []}",
        "{\"tokenizer\": \"characters\", \"characters\": [\"ab\"]}",
        "{\"tokenizer\": \"characters\", \"characters\": [7]}",
        "{\"tokenizer\": \"characters\", \"characters\": [\"a\", \"a\"]}"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(sw::CharacterTokenizer(bad, "vocabulary.json"), Contains("vocabulary.json: "));
  }
}

TEST_CASE("byte pairs are joined in the order of the merges, within words alone") {
  const SmallVocabulary small;
  CHECK(small.ids("abc") == TokenIds{257});
  CHECK(small.ids(" ab") == TokenIds{258});
  CHECK(small.ids(" abc") == TokenIds{258, 'c'});  // the blank is joined before the c
  CHECK(small.ids("ababab") == TokenIds{256, 256, 256});
  CHECK(small.ids("b's") == TokenIds{'b', 259});
  CHECK(small.ids("  ab") == TokenIds{' ', 258});  // the last blank of a run belongs to the word
  CHECK(small.ids("ab  ") == TokenIds{256, ' ', ' '});
  CHECK(small.ids("a1b") == TokenIds{'a', '1', 'b'});
  CHECK(small.ids("a\u00e9") == TokenIds{'a', 0xc3, 0xa9});
  CHECK(small.ids("").empty());
  CHECK(small.read().end_of_text() == 260);
  CHECK(small.ids("<|endoftext|>").size() == 13);
}

TEST_CASE("the bytes of byte pairs come back, whatever they are parts of") {
  const sw::BytePairTokenizer tokenizer = SmallVocabulary().read();
  const std::string text = "abc  ab\t\u00e9\U0001f600's\n\u00a0\u180e 12";
  CHECK(tokenizer.decode(tokenizer.encode(text, "x")) == text);
  CHECK(tokenizer.decode({0xc3}) == "\xc3");
  CHECK(tokenizer.shown(258) == "\" ab\"");
  CHECK_THROWS_WITH(tokenizer.decode({261}), Contains("token 261") && Contains("0 to 260"));
}

TEST_CASE("vocabulary files that cannot be used are refused by name and line") {
  const SmallVocabulary small;
  const auto merges = [&small](const std::string& text) {
    write(small.folder / "vocab.bpe", text);
    return small.read();
  };
  CHECK_THROWS_WITH(merges("#version: 0.2\na b\nab d\n"), Contains("vocab.bpe: line 3") && Contains("\"abd\""));
  CHECK_THROWS_WITH(merges("a b c\n"), Contains("line 1") && Contains("no pair"));
  CHECK_THROWS_WITH(merges(""), Contains("holds no pair"));
  CHECK_NOTHROW(merges("a b"));
  const auto encoder = [&small](const std::string& text) {
    write(small.folder / "encoder.json", text);
    return small.read();
  };
  CHECK_THROWS_WITH(encoder("[1]"), Contains("encoder.json"));
  CHECK_THROWS_WITH(encoder("{\"a\": 0, \"b\": 2}"), Contains("\"b\"") && Contains("id 2") && Contains("0 to 1"));
  CHECK_THROWS_WITH(encoder("{\"a\": 0, \"b\": 0}"), Contains("id 0"));
  CHECK_THROWS_WITH(encoder("{\"a\": 0}"), Contains("byte 0x00 has no token"));
  CHECK_THROWS_WITH(encoder("{\"\u4e00\": 0}"), Contains("does not stand for bytes"));
  std::filesystem::remove(small.folder / "encoder.json");
  CHECK_THROWS_WITH(small.read(), Contains("encoder.json: no such file"));
}
