// Are the files of a data set found in every layout that people have, and is what is missing told?
#include "hw/input/data_files.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;
using hw::DataPart;
namespace fs = std::filesystem;

namespace {

/// A folder with these files, whose content nobody reads here.
struct Layout {
  test::ScratchFolder folder;
  explicit Layout(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      fs::create_directories((folder / file).parent_path());
      test::write_bytes(folder / file, {1});
    }
  }
  /// "<images> <labels>" relative to the folder, or the refusal.
  std::string find(DataPart part = DataPart::train, const std::string& data_set = "") const {
    try {
      const hw::DataFiles files = hw::find_data_files(folder.path(), part, data_set);
      return files.images.lexically_relative(folder.path()).string() + " " +
             files.labels.lexically_relative(folder.path()).string();
    } catch (const UsageError& error) {
      CHECK_THAT(error.what(), Contains(folder.path().string()));
      return error.what();
    }
  }
};

/// Train and test pairs below `folder`; `form` is the end of a name with # for the number of dimensions.
std::vector<std::string> four(const std::string& folder, const std::string& train = "train",
                              const std::string& test = "t10k", const std::string& form = "-idx#-ubyte") {
  std::vector<std::string> files;
  for (const std::string& part : {train, test})
    for (const std::string kind : {"images", "labels"}) {
      std::string end = form;
      if (const auto at = end.find('#'); at != std::string::npos) end[at] = kind == "images" ? '3' : '1';
      files.push_back(folder + part + "-" + kind + end);
    }
  return files;
}

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("the four files in the folder itself, with dashes, dots or underscores, plain or packed") {
  CHECK(Layout(four("")).find() == "train-images-idx3-ubyte train-labels-idx1-ubyte");
  CHECK(Layout(four("")).find(DataPart::test) == "t10k-images-idx3-ubyte t10k-labels-idx1-ubyte");
  CHECK(Layout(four("", "train", "t10k", ".idx#-ubyte")).find() == "train-images.idx3-ubyte train-labels.idx1-ubyte");
  CHECK(Layout(four("", "train", "test", "-idx#-ubyte.gz")).find(DataPart::test) ==
        "test-images-idx3-ubyte.gz test-labels-idx1-ubyte.gz");
  CHECK(Layout({"train_images.idx3.ubyte", "Train-Labels-idx1-ubyte"}).find() ==
        "train_images.idx3.ubyte Train-Labels-idx1-ubyte");
  CHECK(Layout({"train-images.gz", "train-labels"}).find() == "train-images.gz train-labels");
}

TEST_CASE("torchvision's roots, their raw folders, and the archive of folders") {
  CHECK(Layout(four("MNIST/raw/") + four("MNIST/raw/", "train", "t10k", "-idx#-ubyte.gz")).find() ==
        "MNIST/raw/train-images-idx3-ubyte MNIST/raw/train-labels-idx1-ubyte");
  CHECK_THAT(Layout(four("raw/")).find(), Contains("raw/train-images-idx3-ubyte "));
  CHECK_THAT(Layout(four("FashionMNIST/raw/")).find(), Contains("FashionMNIST/raw/train-images"));
  CHECK(Layout({"train-images-idx3-ubyte/train-images-idx3-ubyte", "train-labels-idx1-ubyte/train-labels-idx1-ubyte"})
            .find() ==
        "train-images-idx3-ubyte/train-images-idx3-ubyte train-labels-idx1-ubyte/train-labels-idx1-ubyte");
  CHECK(Layout({"archive/train-images.idx3-ubyte", "archive/train-images-idx3-ubyte/train-images-idx3-ubyte",
                "archive/train-labels.idx1-ubyte"})
            .find() == "archive/train-images.idx3-ubyte archive/train-labels.idx1-ubyte");
  CHECK_THAT(Layout({"train/train-images-idx3-ubyte", "train/train-labels-idx1-ubyte", "__MACOSX/x",
                     "train/._train-images-idx3-ubyte", "train/._train-labels-idx1-ubyte"})
                 .find(),
             Contains("train/train-images"));
}

TEST_CASE("of several data sets the one named is taken, else MNIST, else the question is put") {
  const Layout root(four("MNIST/raw/") + four("FashionMNIST/raw/") + four("KMNIST/raw/"));
  CHECK_THAT(root.find(), Contains("MNIST/raw/train-images-idx3-ubyte ") && !Contains("Fashion"));
  for (const std::string name : {"FashionMNIST", "fashion_mnist", "fashion-mnist"})
    CHECK_THAT(root.find(DataPart::test, name), Contains("FashionMNIST/raw/t10k-images"));
  CHECK_THAT(root.find(DataPart::train, "kminst"), Contains("no data set 'kminst'") && Contains("nearest: kmnist"));
  const Layout two(four("FashionMNIST/raw/") + four("KMNIST/raw/"));
  CHECK_THAT(two.find(), Contains("2 data sets: fashionmnist, kmnist") && Contains("data_set"));
}

TEST_CASE("EMNIST: splits by their names, packed in gzip as NIST's archive has them, or in torchvision's raw") {
  std::vector<std::string> files;
  for (const std::string split : {"balanced", "letters"})
    files = files + four("gzip/emnist-" + split + "-", "train", "test", "-idx#-ubyte.gz");
  const Layout archive(files);
  CHECK_THAT(archive.find(), Contains("2 data sets: emnist-balanced, emnist-letters"));
  for (const std::string name : {"emnist-letters", "EMNIST_letters", "letters"})
    CHECK(archive.find(DataPart::test, name) ==
          "gzip/emnist-letters-test-images-idx3-ubyte.gz gzip/emnist-letters-test-labels-idx1-ubyte.gz");
  const Layout torch(four("EMNIST/raw/emnist-digits-", "train", "test") +
                     four("EMNIST/raw/gzip/emnist-digits-", "train", "test", "-idx#-ubyte.gz"));
  CHECK(torch.find() ==
        "EMNIST/raw/emnist-digits-train-images-idx3-ubyte "
        "EMNIST/raw/emnist-digits-train-labels-idx1-ubyte");
  CHECK_THAT(torch.find(DataPart::train, "emnist"), Contains("emnist-digits-train-images"));
}

TEST_CASE("QMNIST's tables of labels are labels") {
  const Layout data({"QMNIST/raw/qmnist-train-images-idx3-ubyte", "QMNIST/raw/qmnist-train-labels-idx2-int",
                     "QMNIST/raw/qmnist-train-labels.tsv"});
  CHECK(data.find() == "QMNIST/raw/qmnist-train-images-idx3-ubyte QMNIST/raw/qmnist-train-labels-idx2-int");
}

TEST_CASE("val is its own files, or the test set where there are none") {
  CHECK_THAT(Layout(four("")).find(DataPart::val), Contains("t10k-images"));
  CHECK_THAT(Layout(four("") + four("", "val", "validation")).find(DataPart::val), Contains("val-images"));
}

TEST_CASE("what is missing is told: what was looked for, where, and what is there") {
  CHECK_THAT(Layout({"t10k-images-idx3-ubyte", "train-images-idx3-ubyte"}).find(),
             Contains("no training set") && Contains("train-labels-idx1-ubyte") &&
                 Contains("found: t10k-images-idx3-ubyte, train-images-idx3-ubyte"));
  CHECK_THAT(Layout({"mnist.npz", "notes"}).find(DataPart::test),
             Contains("no test set") && Contains("t10k-images") && Contains("found: mnist.npz, notes"));
  CHECK_THAT(Layout({}).find(), Contains("found: nothing"));
  const test::ScratchFolder folder;
  CHECK_THROWS_WITH(hw::find_data_files(folder / "absent", DataPart::train), Contains("no such folder"));
  test::write_bytes(folder / "file", {1});
  CHECK_THROWS_WITH(hw::find_data_files(folder / "file", DataPart::train), Contains("is no folder"));
}

TEST_CASE("a loop of links ends") {
  const Layout data(four("MNIST/raw/"));
  fs::create_directory_symlink(data.folder.path(), data.folder / "MNIST" / "raw" / "mnist");
  CHECK_THAT(data.find(), Contains("MNIST/raw/train-images-idx3-ubyte "));
}
