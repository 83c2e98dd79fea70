#pragma once
// Where a data set of IDX files stands in a folder: the layouts in which people keep MNIST and those that follow it.
#include <filesystem>
#include <string>

#include "hw/spec/data_part.h"

namespace weft::hw {

/// The two files of one part of a data set.
struct DataFiles {
  std::string data_set;  ///< "mnist", "fashionmnist", "emnist-balanced", ...
  std::filesystem::path images, labels;
};

/// Finds the files of `part` in `folder`. A file is known by its name, whatever stands between its words (- . _) and
/// whether it is packed (.gz): [<data set>-]<train | t10k | test | val>-<images | labels>[-idx3][-ubyte | -int ...].
/// They may stand in the folder itself; below MNIST, FashionMNIST, KMNIST, EMNIST, QMNIST, each with or without raw or
/// gzip (torchvision's roots, NIST's archive); each in a folder of its own name (the archive of folders); below train
/// and test. Of one file in several forms the plain one in the uppermost folder is taken. A data set without val files
/// has its test set for them, as its loaders do.
///
/// `data_set` says which of several ("" : MNIST if it is there, else the only one); letters' case and separators do not
/// count, "balanced" does for emnist-balanced.
/// Throws UsageError that begins with the folder: not there; no such part (what was looked for, what was found);
/// several data sets and none of them named; no data set of that name (those that are there). Deterministic: names are
/// sorted.
DataFiles find_data_files(const std::filesystem::path& folder, DataPart part, const std::string& data_set = "");

}  // namespace weft::hw
