#include "sw/driver/sequence_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "sw/checkpoint/hdf5_file.h"
#include "sw/text/text_files.h"

namespace weft::sw {

namespace {

constexpr const char* dataset = "data";
enum Feature : std::int64_t { token_ids, loss_mask, label_ids, feature_count };

constexpr std::int64_t ignored_label = -100;

void append(const std::filesystem::path& path, int length, MaskOf mask_of, SequenceFiles& to) {
  const std::string bytes = read_whole_file(path);
  const Hdf5Reader file(path, {bytes.begin(), bytes.end()}, "sequences");
  const std::vector<std::int64_t> numbers = file.integers(dataset);
  const std::vector<std::int64_t>& shape = file.find(dataset)->shape;
  if (shape.size() != 3 || shape[1] != feature_count || shape[2] != length)
    file.refuse(
        fmt::format("{} has shape [{}], expected [samples, {}, {}]: ids, mask and labels of "
                    "max_sequence_length tokens",
                    dataset, fmt::join(shape, ", "), static_cast<std::int64_t>(feature_count), length));
  for (std::int64_t sample = 0; sample < shape[0]; ++sample) {
    std::int32_t whole = length;
    for (std::int64_t place = 0; place < length; ++place) {
      const auto number = [&](Feature feature) {
        return numbers[static_cast<std::size_t>((sample * feature_count + feature) * length + place)];
      };
      const auto where = [&] { return fmt::format("of sample {} at place {}", sample, place); };
      const std::int64_t mask = number(loss_mask);
      if (mask != 0 && mask != 1) file.refuse(fmt::format("mask {} {}; allowed are 0 and 1", mask, where()));
      const bool labelled = mask == 1 && number(label_ids) != ignored_label;
      for (const Feature feature : {token_ids, label_ids})
        if ((feature == token_ids || labelled) &&
            (number(feature) < 0 || number(feature) > std::numeric_limits<std::int32_t>::max()))
          file.refuse(fmt::format("{} {} {} is no token id", feature == token_ids ? "token" : "label", number(feature),
                                  where()));
      to.sequences.tokens.push_back(static_cast<std::int32_t>(number(token_ids)));
      to.sequences.labels.push_back(labelled ? static_cast<std::int32_t>(number(label_ids)) : hw::unlabelled);
      to.masked += labelled ? 0 : 1;
      if (mask == 0) whole = std::min(whole, static_cast<std::int32_t>(place));
      if (mask_of == MaskOf::attention && mask == 1 && place > whole)
        file.refuse(
            fmt::format("the mask {} is 1, and 0 at place {}: padding stands at a sequence's end", where(), whole));
    }
    if (mask_of == MaskOf::loss) continue;
    if (whole == 0)
      file.refuse(fmt::format("the mask of sample {} is 0 everywhere: no token is left to attend to", sample));
    to.sequences.lengths.push_back(whole);
  }
}

}  // namespace

SequenceFiles read_sequence_files(const std::vector<std::filesystem::path>& files, int length, MaskOf mask_of) {
  SequenceFiles read;
  read.sequences.length = length;
  for (const std::filesystem::path& path : files) append(path, length, mask_of, read);
  return read;
}

}  // namespace weft::sw
