// Question: are files of the format read and written as it says, and is every damaged one an error that says why?
#include "sw/exchange/safetensors.h"

#include <catch2/catch.hpp>

#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

std::vector<std::uint8_t> bytes_of(const std::string& header, const std::vector<std::uint8_t>& numbers) {
  std::vector<std::uint8_t> bytes(8);
  for (std::size_t at = 0; at < 8; ++at) bytes[at] = static_cast<std::uint8_t>(header.size() >> (8 * at));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), numbers.begin(), numbers.end());
  return bytes;
}

struct Files {
  test::ScratchFolder folder;
  std::filesystem::path file = folder / "model.safetensors";

  std::vector<sw::SafeTensor> read(const std::string& header, const std::vector<std::uint8_t>& numbers) {
    test::write_bytes(file, bytes_of(header, numbers));
    return sw::read_safetensors(file);
  }
  std::string error(const std::string& header, std::size_t numbers) {
    try {
      read(header, std::vector<std::uint8_t>(numbers));
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }
};

}  // namespace

TEST_CASE("F32, F16 and BF16, in any order of the header, with text beside them: by hand") {
  Files files;
  const auto tensors = files.read(
      R"({"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[6,10]},"__metadata__":{"format":"pt"},)"
      R"("a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"h":{"dtype":"F16","shape":[1],"data_offsets":[4,6]}}  )",
      {0, 0, 0xc0, 0x3f, 0, 0xc0, 0x80, 0x3f, 0x20, 0xc1});
  REQUIRE(tensors.size() == 3);
  CHECK(tensors[0].name == "a");
  CHECK(tensors[0].values == std::vector<float>{1.5F});
  CHECK(tensors[1].values == std::vector<float>{-2});
  CHECK(tensors[2].shape == std::vector<std::int64_t>{1, 2});
  CHECK(tensors[2].values == std::vector<float>{1, -10});
}

TEST_CASE("what is written is what is read, byte for byte again, and begins with a header of whole eights") {
  Files files;
  const std::vector<sw::SafeTensor> tensors{
      {"one", {2, 3}, "F32", {1, 2, 3, 4, 5, 6}}, {"two", {0}, "F32", {}}, {"three", {1}, "F32", {1e-40F}}};
  const std::string bytes = sw::safetensors_bytes(tensors, {{"format", "pt"}});
  CHECK(static_cast<unsigned char>(bytes[0]) % 8 == 0);
  test::write_bytes(files.file, {bytes.begin(), bytes.end()});
  const std::vector<sw::SafeTensor> again = sw::read_safetensors(files.file);
  REQUIRE(again.size() == 3);
  for (std::size_t at = 0; at < 3; ++at) {
    CHECK(again[at].name == tensors[at].name);
    CHECK(again[at].shape == tensors[at].shape);
    CHECK(again[at].values == tensors[at].values);
  }
  CHECK(sw::safetensors_bytes(again, {{"format", "pt"}}) == bytes);
}

TEST_CASE("damaged files: each is refused, by name and with what is there") {
  Files files;
  CHECK_THROWS_WITH(sw::read_safetensors(files.file), EndsWith("No such file or directory"));
  test::write_bytes(files.file, {1, 2, 3});
  CHECK_THROWS_WITH(sw::read_safetensors(files.file), Contains("3 bytes; no safetensors file"));
  test::write_bytes(files.file, {200, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
  CHECK_THROWS_WITH(sw::read_safetensors(files.file),
                    Contains("says that its header has 200 bytes; behind the length the file has 2"));
  test::write_bytes(files.file, {2, 0, 0, 0, 0, 0, 0, 0xff, '{', '}'});
  CHECK_THROWS_WITH(sw::read_safetensors(files.file), Contains("behind the length the file has 2"));
  CHECK_THAT(files.error("{", 0), Contains("its header is no JSON: "));
  CHECK_THAT(files.error("[]", 0), Contains("its header is no JSON object"));
  CHECK_THAT(files.error(R"({"a":{"dtype":"F32","shape":[1]}})", 4),
             Contains("a: has no dtype, shape and data_offsets"));
  CHECK_THAT(files.error(R"({"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})", 4),
             Contains("a: dtype \"F31\"; known: F32, F16, BF16"));
  CHECK_THAT(files.error(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4),
             Contains("a: shape [-1]; must be a list of whole numbers"));
  CHECK_THAT(files.error(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4),
             Contains("a: data_offsets [0]; must be two whole numbers"));
  CHECK_THAT(files.error(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4),
             Contains("a: data_offsets [0, 8]; the file has 4 bytes of numbers"));
  CHECK_THAT(files.error(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4),
             Contains("a: data_offsets [4, 0]"));
  CHECK_THAT(files.error(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", 4),
             Contains("a: 4 bytes; F32 of shape [4294967296, 4294967296] are 73786976294838206464"));
  CHECK_THAT(files.error(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 7),
             Contains("3 bytes at its end are nobody's"));
  CHECK_THAT(files.error(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}})", 7),
             Contains("a: 3 bytes before it are nobody's"));
}

TEST_CASE("all that is wrong is told at once") {
  Files files;
  const std::string error =
      files.error(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],)"
                  R"("data_offsets":[4,12]},"c":{"dtype":"F8","shape":[2],"data_offsets":[4,12]},)"
                  R"("d":{"dtype":"F16","shape":[9],"data_offsets":[12,16]}})",
                  16);
  CHECK_THAT(error, Contains("b: its numbers overlap those of a") && Contains("c: dtype \"F8\"") &&
                        Contains("d: 4 bytes; F16 of shape [9] are 18"));
}
