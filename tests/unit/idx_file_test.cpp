// Does the IDX reader take whole files as they are, and say what is wrong with every other?
#include "hw/input/idx_file.h"

#include <catch2/catch.hpp>

#include "tests/support/idx_bytes.h"
#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using Catch::Matchers::Contains;
using weft::UsageError;
using weft::hw::read_idx;
using weft::test::idx_bytes;
using weft::test::packed;

namespace {

const std::vector<std::uint8_t> good = idx_bytes({2, 1, 3}, {1, 2, 3, 4, 5, 255});

/// The message for a file of these bytes that should hold `rank` dimensions; empty if it is read.
std::string message(const std::vector<std::uint8_t>& bytes, weft::hw::RankRange rank = {3, 3}) {
  const weft::test::ScratchFolder folder;
  weft::test::write_bytes(folder / "file", bytes);
  try {
    read_idx(folder / "file", rank);
    return {};
  } catch (const UsageError& error) {
    CHECK_THAT(error.what(), Contains((folder / "file").string()));
    return error.what();
  }
}

std::vector<std::uint8_t> changed(std::size_t at, std::uint8_t to) {
  std::vector<std::uint8_t> bytes = good;
  bytes[at] = to;
  return bytes;
}

std::vector<std::uint8_t> cut(std::size_t size) { return {good.begin(), good.begin() + static_cast<long>(size)}; }

}  // namespace

TEST_CASE("a whole file is read: dimensions are big-endian, data as it is") {
  const weft::test::ScratchFolder folder;
  weft::test::write_bytes(folder / "file", good);
  const weft::hw::IdxFile file = read_idx(folder / "file", {3, 3});
  CHECK(file.dimensions == std::vector<int>{2, 1, 3});
  CHECK(file.bytes == std::vector<std::uint8_t>{1, 2, 3, 4, 5, 255});
  weft::test::write_bytes(folder / "long", idx_bytes({0x0102}, std::vector<std::uint8_t>(0x0102)));
  CHECK(read_idx(folder / "long", {1, 1}).dimensions == std::vector<int>{258});
}

TEST_CASE("a file that is not there, and a folder in its place, are named") {
  const weft::test::ScratchFolder folder;
  CHECK_THROWS_WITH(read_idx(folder / "absent", {1, 1}),
                    Contains((folder / "absent").string()) && Contains("No such file"));
  CHECK_THROWS_AS(read_idx(folder.path(), {1, 1}), UsageError);
}

TEST_CASE("each defect of the header is named with what was found and what was expected") {
  CHECK_THAT(message({}), Contains("0 bytes"));
  CHECK_THAT(message(changed(0, 7)), Contains("07 00") && Contains("expected 00 00"));
  CHECK_THAT(message({0x1f, 0x8b, 8, 0, 0, 0}), Contains("gzip"));
  CHECK_THAT(message(changed(2, 0x0a)), Contains("0x0a") && Contains("0x08"));
  CHECK_THAT(message(good, {1, 1}), Contains("has 3 dimensions, expected 1"));
  CHECK_THAT(message(cut(15)), Contains("15 bytes") && Contains("16"));
  CHECK_THAT(message(changed(7, 0)), Contains("dimension 0 is 0"));
  CHECK_THAT(message(changed(4, 0xff)), Contains("dimension 0 is 4278190082"));
}

TEST_CASE("a byte too few and a byte too many are refused, the right number is not") {
  CHECK_THAT(message(cut(good.size() - 1)), Contains("truncated: 5 bytes of data, its dimensions ask for 6"));
  std::vector<std::uint8_t> more = good;
  more.push_back(0);
  CHECK_THAT(message(more), Contains("too long: 7 bytes"));
  CHECK(message(good).empty());
}

TEST_CASE("dimensions whose product does not fit in 64 bits are refused, not multiplied around") {
  CHECK_THAT(message(idx_bytes({1u << 22, 1u << 21, 1u << 21}, {})), Contains("ask for more than"));
  CHECK_THAT(message(idx_bytes({0x80000000u, 1, 1}, {})), Contains("dimension 0 is 2147483648"));
}

TEST_CASE("a packed file is read as the plain one, whatever its name, and a damaged or short one is told") {
  const std::vector<std::uint8_t> whole = packed(good);
  CHECK(message(whole).empty());
  for (const std::size_t size : {std::size_t{3}, std::size_t{12}, whole.size() - 9, whole.size() - 1}) {
    CAPTURE(size);
    CHECK_FALSE(message({whole.begin(), whole.begin() + static_cast<long>(size)}).empty());
  }
  CHECK_THAT(message({whole.begin(), whole.end() - 1}), Contains("truncated") && Contains("gzip"));
  std::vector<std::uint8_t> other = whole;
  other[other.size() - 6] ^= 1;  // of the checksum
  CHECK_THAT(message(other), Contains("damaged") && Contains("gzip"));
  std::vector<std::uint8_t> more = good;
  more.push_back(0);
  CHECK_THAT(message(packed(more)), Contains("too long"));
  CHECK_THAT(message(packed(cut(good.size() - 1))), Contains("truncated: 5 bytes of data"));
}

TEST_CASE("memory is asked for only where the file can fill it") {
  const std::vector<std::uint8_t> lie = idx_bytes({10'000'000, 1000, 90}, {1, 2, 3});
  CHECK_THAT(message(lie), Contains("truncated: 3 bytes of data, its dimensions ask for 900000000000"));
  CHECK_THAT(message(packed(lie)), Contains("truncated") && Contains("compressed ones cannot hold as many"));
}

TEST_CASE("elements of every type are numbers, big-endian") {
  const weft::test::ScratchFolder folder;
  const auto numbers = [&folder](std::uint8_t type, const std::vector<std::uint8_t>& data) {
    weft::test::write_bytes(folder / "file", idx_bytes({2}, data, type));
    const weft::hw::IdxFile file = read_idx(folder / "file", {1, 2});
    return std::vector<double>{file.number(0), file.number(1)};
  };
  using Numbers = std::vector<double>;
  CHECK(numbers(0x08, {255, 1}) == Numbers{255, 1});
  CHECK(numbers(0x09, {255, 1}) == Numbers{-1, 1});
  CHECK(numbers(0x0b, {0xff, 0xfe, 0x01, 0x00}) == Numbers{-2, 256});
  CHECK(numbers(0x0c, {0, 0, 0, 9, 0x80, 0, 0, 0}) == Numbers{9, -2147483648.0});
  CHECK(numbers(0x0d, {0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0}) == Numbers{1, -2.5});
  CHECK(numbers(0x0e, {0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0x04, 0, 0, 0, 0, 0, 0}) == Numbers{1, -2.5});
  weft::test::write_bytes(folder / "file", idx_bytes({2}, {1, 2, 3}, 0x0b));
  CHECK_THROWS_WITH(read_idx(folder / "file", {1, 1}),
                    Contains("truncated: 3 bytes of data, its dimensions ask for 4"));
  CHECK_THROWS_WITH(read_idx(folder / "file", {2, 4}), Contains("has 1 dimensions, expected 2 to 4"));
}
