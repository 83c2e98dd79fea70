// Do the samples that reach a system come from the right file, at the right place, with the right bits?
#include "hw/input/dataset.h"

#include <catch2/catch.hpp>

#include "hw/input/dataset_source.h"
#include "tests/support/idx_bytes.h"
#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;

namespace {

/// A data folder of four 1 x 2 training images and one test image.
struct DataFolder {
  test::ScratchFolder folder;
  DataFolder() {
    put("train-images-idx3-ubyte", test::idx_bytes({4, 1, 2}, {0, 255, 1, 254, 127, 128, 10, 11}));
    put("train-labels-idx1-ubyte", test::idx_bytes({4}, {3, 1, 9, 0}));
    put("t10k-images-idx3-ubyte", test::idx_bytes({1, 1, 2}, {7, 8}));
    put("t10k-labels-idx1-ubyte", test::idx_bytes({1}, {5}));
  }
  void put(const std::string& name, const std::vector<std::uint8_t>& bytes) const {
    test::write_bytes(folder / name, bytes);
  }
  hw::Dataset load(hw::DataPart part = hw::DataPart::train, int features = 2, bool transpose = false) const {
    return hw::load_dataset(hw::find_data_files(folder.path(), part),
                            {features, 10, {0.1307, 0.3081}, HalfFormat::fp16, transpose});
  }
};

/// Sample i is {i, i} and has the label i mod 10.
hw::Dataset numbered(int size, int offset = 0) {
  hw::Dataset data;
  data.features = 2;
  for (int index = 0; index < size; ++index) {
    data.labels.push_back((index + offset) % 10);
    data.samples.insert(data.samples.end(), 2, static_cast<std::uint16_t>(index + offset));
  }
  return data;
}

hw::Job job_of(int systems, int micro_batches, std::vector<hw::Stage> stages, std::int64_t first_step = 0) {
  hw::Job job;
  job.batch = 12;
  job.systems = systems;
  job.micro_batches = micro_batches;
  job.stages = std::move(stages);
  job.first_step = first_step;
  return job;
}

/// Sample numbers of a whole step in the order of the global batch; -1 for padding.
std::vector<int> step_of(const hw::Job& job, hw::SampleSource& source, int stage, std::int64_t step) {
  std::vector<int> numbers;
  const auto tokens = static_cast<std::size_t>(job.tokens());
  for (int system = 0; system < job.systems; ++system)
    for (int part = 0; part < job.micro_batches; ++part) {
      std::vector<std::uint16_t> samples(tokens * 2, 0xffff);
      std::vector<std::int32_t> labels(tokens, 77);
      source.fill(stage, step, system, part, samples.data(), labels.data());
      for (std::size_t token = 0; token < tokens; ++token) {
        CHECK(samples[2 * token] == samples[2 * token + 1]);
        CHECK(labels[token] == (labels[token] < 0 ? -1 : samples[2 * token] % 10));
        CHECK((labels[token] >= 0 || samples[2 * token] == 0));
        numbers.push_back(labels[token] < 0 ? -1 : samples[2 * token]);
      }
    }
  return numbers;
}

std::vector<int> range(int first, int last, int padding = 0) {
  std::vector<int> numbers;
  for (int number = first; number < last; ++number) numbers.push_back(number);
  numbers.insert(numbers.end(), static_cast<std::size_t>(padding), -1);
  return numbers;
}

}  // namespace

TEST_CASE("pixels become the fp16 bits that torchvision's ToTensor, Normalize and half make of them") {
  const hw::Dataset data = DataFolder().load();
  CHECK(data.features == 2);
  CHECK(data.size() == 4);
  CHECK(data.labels == std::vector<std::int32_t>{3, 1, 9, 0});
  // Of pixels 0, 255, 1, 254, 127, 128; computed with PyTorch.
  const std::vector<std::uint16_t> expected = {0xb6ca, 0x41a5, 0xb695, 0x419e, 0x3cc5, 0x3cd2};
  CHECK(std::equal(expected.begin(), expected.end(), data.samples.begin()));
  CHECK(data.sample(2)[0] == 0x3cc5);
}

TEST_CASE("training and test files are told apart") {
  CHECK(DataFolder().load(hw::DataPart::test).labels == std::vector<std::int32_t>{5});
}

TEST_CASE("the dot spelling of the names is found") {
  const DataFolder data;
  std::filesystem::rename(data.folder / "train-images-idx3-ubyte", data.folder / "train-images.idx3-ubyte");
  std::filesystem::rename(data.folder / "train-labels-idx1-ubyte", data.folder / "train-labels.idx1-ubyte");
  CHECK(data.load().size() == 4);
}

TEST_CASE("files that do not fit each other or the model are refused by name") {
  const DataFolder data;
  CHECK_THROWS_WITH(data.load(hw::DataPart::train, 784),
                    Contains("train-images") && Contains("1 x 2") && Contains("784"));
  data.put("t10k-labels-idx1-ubyte", test::idx_bytes({2}, {5, 5}));
  CHECK_THROWS_WITH(data.load(hw::DataPart::test), Contains("t10k-labels") && Contains("2 labels for the 1 images"));
  data.put("train-labels-idx1-ubyte", test::idx_bytes({4}, {9, 9, 10, 9}));
  CHECK_THROWS_WITH(data.load(),
                    Contains("label 10 of sample 2") && Contains("0 to 9") && Contains("model.num_classes to 11"));
  data.put("train-labels-idx1-ubyte", test::idx_bytes({4, 1, 2}, {9, 9, 9, 9, 9, 9, 9, 9}));
  CHECK_THROWS_AS(data.load(), UsageError);
  std::filesystem::remove(data.folder / "train-images-idx3-ubyte");
  CHECK_THROWS_WITH(data.load(), Contains("train-images-idx3-ubyte"));
}

TEST_CASE("labels of other types and QMNIST's table are classes, and what is no class is refused") {
  const DataFolder data;
  const auto labels_of = [&data](const std::vector<std::uint32_t>& dimensions, const std::vector<std::uint8_t>& bytes,
                                 std::uint8_t type) {
    data.put("train-labels-idx1-ubyte", test::idx_bytes(dimensions, bytes, type));
    return data.load().labels;
  };
  const std::vector<std::int32_t> expected = {3, 1, 9, 0};
  CHECK(labels_of({4}, {0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0}, 0x0c) == expected);
  CHECK(labels_of({4}, {0, 3, 0, 1, 0, 9, 0, 0}, 0x0b) == expected);
  CHECK(labels_of({4, 1}, {3, 1, 9, 0}, 0x08) == expected);
  CHECK(labels_of({4}, {0x40, 0x40, 0, 0, 0x3f, 0x80, 0, 0, 0x41, 0x10, 0, 0, 0, 0, 0, 0}, 0x0d) == expected);
  std::vector<std::uint8_t> table;
  for (const std::int32_t label : expected)
    for (int column = 0; column < 8; ++column)
      for (int byte = 0; byte < 4; ++byte)
        table.push_back(byte < 3 ? 0 : static_cast<std::uint8_t>(column == 0 ? label : 77));
  CHECK(labels_of({4, 8}, table, 0x0c) == expected);
  CHECK_THROWS_WITH(labels_of({4, 10}, std::vector<std::uint8_t>(40), 0x08), Contains("4 x 10") && Contains("QMNIST"));
  CHECK_THROWS_WITH(labels_of({4}, {3, 255, 1, 1}, 0x09), Contains("label -1 of sample 1"));
  CHECK_THROWS_WITH(labels_of({4}, {0x3f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0x0d), Contains("label 0.5"));
}

TEST_CASE("pictures of other types and shapes are the same samples, and what has no white is refused") {
  const DataFolder data;
  const std::vector<std::uint16_t> expected = data.load().samples;
  const auto images = [&data](const std::vector<std::uint32_t>& dimensions, const std::vector<std::uint8_t>& bytes,
                              std::uint8_t type) {
    data.put("train-images-idx3-ubyte", test::idx_bytes(dimensions, bytes, type));
    return data.load().samples;
  };
  const std::vector<std::uint8_t> pixels = {0, 255, 1, 254, 127, 128, 10, 11};
  std::vector<std::uint8_t> wide;
  for (const std::uint8_t pixel : pixels) wide.insert(wide.end(), {0, pixel});
  CHECK(images({4, 2}, pixels, 0x08) == expected);
  CHECK(images({4, 1, 1, 2}, pixels, 0x08) == expected);
  CHECK(images({4, 1, 2}, wide, 0x0b) == expected);
  wide[0] = 1;
  CHECK_THROWS_WITH(images({4, 1, 2}, wide, 0x0b), Contains("pixel 0 is 256"));
  CHECK_THROWS_WITH(images({4, 1, 2}, std::vector<std::uint8_t>(32), 0x0d), Contains("floating-point"));
}

TEST_CASE("a picture that stands in columns is turned when that is asked for") {
  const DataFolder data;
  data.put("train-images-idx3-ubyte",
           test::idx_bytes({4, 2, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  const hw::Dataset plain = data.load(hw::DataPart::train, 6), turned = data.load(hw::DataPart::train, 6, true);
  for (std::int64_t sample = 0; sample < 4; ++sample)
    for (int row = 0; row < 2; ++row)
      for (int column = 0; column < 3; ++column)
        CHECK(turned.sample(sample)[column * 2 + row] == plain.sample(sample)[row * 3 + column]);
  data.put("train-images-idx3-ubyte", test::idx_bytes({4, 2}, {0, 1, 2, 3, 4, 5, 6, 7}));
  CHECK_THROWS_WITH(data.load(hw::DataPart::train, 2, true), Contains("cannot be transposed"));
}

TEST_CASE("the global batch does not depend on how many systems and micro-batches share it") {
  for (const auto& [systems, parts] : std::vector<std::pair<int, int>>{{1, 1}, {2, 1}, {3, 2}, {4, 3}, {12, 1}}) {
    const hw::Job job = job_of(systems, parts, {{true, 10}});
    hw::DatasetSource source(job, numbered(30), {}, false, 0);
    CHECK(step_of(job, source, 0, 0) == range(0, 12));
    CHECK(step_of(job, source, 0, 1) == range(12, 24));
    CHECK(step_of(job, source, 0, 2) == range(0, 12));  // 24 to 29 are dropped
  }
}

TEST_CASE("an evaluation sees each test sample once, then padding") {
  const hw::Job job = job_of(2, 3, {{false, 3}});
  hw::DatasetSource source(job, {}, numbered(26), false, 0);
  CHECK(source.features() == 2);
  CHECK(step_of(job, source, 0, 0) == range(0, 12));
  CHECK(step_of(job, source, 0, 1) == range(12, 24));
  CHECK(step_of(job, source, 0, 2) == range(24, 26, 10));
}

TEST_CASE("a training stage goes on where the one before it ended, an evaluation starts anew") {
  const hw::Job job = job_of(1, 1, {{true, 1}, {false, 2}, {true, 2}, {false, 2}});
  hw::DatasetSource source(job, numbered(40), numbered(13, 1000), false, 0);
  CHECK(step_of(job, source, 0, 0) == range(0, 12));
  CHECK(step_of(job, source, 2, 0) == range(12, 24));
  CHECK(step_of(job, source, 2, 1) == range(24, 36));
  CHECK(step_of(job, source, 1, 0) == range(1000, 1012));
  CHECK(step_of(job, source, 3, 1) == range(1012, 1013, 11));
}

TEST_CASE("a resumed run sees the samples that the straight run would have seen, in any order of asking") {
  const hw::Job whole = job_of(2, 1, {{true, 20}}), rest = job_of(2, 1, {{true, 13}}, 7);
  hw::DatasetSource straight(whole, numbered(50), {}, true, 9), resumed(rest, numbered(50), {}, true, 9);
  for (const std::int64_t step : {12, 0, 5, 1})
    CHECK(step_of(rest, resumed, 0, step) == step_of(whole, straight, 0, step + 7));
  CHECK(step_of(whole, straight, 0, 0) != range(0, 12));
}

TEST_CASE("a run that goes on with another batch begins at the sample where the one before stopped") {
  // 12 x 3 samples done; a batch of 6 of 2 systems goes on with sample 36, of an epoch of 50.
  hw::Job job = job_of(2, 1, {{true, 4}}, 3);
  job.batch = 6;
  hw::DatasetSource source(job, numbered(50), {}, false, 0, hw::DataPosition{0, 36});
  CHECK(step_of(job, source, 0, 0) == range(36, 42));
  CHECK(step_of(job, source, 0, 1) == range(42, 48));
  CHECK(step_of(job, source, 0, 2) == range(0, 6));
  CHECK(source.after(2) == hw::DataPosition{0, 48});
  CHECK_THROWS_WITH(hw::DatasetSource(job, numbered(30), {}, false, 0, hw::DataPosition{0, 36}), Contains("sample 36"));
}

TEST_CASE("a batch of the whole training set is taken, a larger one refused") {
  const hw::Job job = job_of(1, 1, {{true, 1}});
  CHECK_NOTHROW(hw::DatasetSource(job, numbered(12), {}, false, 0));
  CHECK_THROWS_WITH(hw::DatasetSource(job, numbered(11), {}, false, 0), Contains("batch_size") && Contains("11"));
}
