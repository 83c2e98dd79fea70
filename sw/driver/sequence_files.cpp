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
constexpr const char* next_sentence_label = "next_sentence_label";
enum Feature : std::int64_t { token_ids, loss_mask, label_ids, token_type_ids };

constexpr std::int64_t ignored_label = -100;

std::int64_t rows_of(const Hdf5Reader& file, int length, bool segments) {
  const std::vector<std::int64_t>& shape = file.find(dataset)->shape;
  const bool fits = shape.size() == 3 && shape[2] == length;
  if (fits && (shape[1] == token_type_ids || (segments && shape[1] == token_type_ids + 1))) return shape[1];
  file.refuse(fmt::format(
      "{} has shape [{}], expected [samples, {}{}, {}]: ids, mask and labels{} of max_sequence_length "
      "tokens{}",
      dataset, fmt::join(shape, ", "), std::int64_t{token_type_ids}, segments ? " or 4" : "", length,
      segments ? ", and segments," : "",
      fits && shape[1] == token_type_ids + 1 ? "; a fourth row is of segments, which only a model with num_segments has"
                                             : ""));
}

void append_next_sentences(const Hdf5Reader& file, std::int64_t samples, hw::TokenSequences& to) {
  const std::vector<std::int64_t> labels = file.integers(next_sentence_label);
  const std::vector<std::int64_t>& shape = file.find(next_sentence_label)->shape;
  if (labels.size() != static_cast<std::size_t>(samples))
    file.refuse(fmt::format("{} has shape [{}], expected [{}], one of each sample", next_sentence_label,
                            fmt::join(shape, ", "), samples));
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    const std::int64_t label = labels[static_cast<std::size_t>(sample)];
    if (label != 0 && label != 1)
      file.refuse(fmt::format("{} {} of sample {}; allowed are 0, the second sentence follows the first, and 1",
                              next_sentence_label, label, sample));
    to.next_sentences.push_back(static_cast<std::int32_t>(label));
  }
}

void append(const std::filesystem::path& path, int length, MaskOf mask_of, SentenceRows besides, SequenceFiles& to) {
  const std::string bytes = read_whole_file(path);
  const Hdf5Reader file(path, {bytes.begin(), bytes.end()}, "sequences");
  const std::vector<std::int64_t> numbers = file.integers(dataset);
  const std::int64_t rows = rows_of(file, length, besides.segments), samples = file.find(dataset)->shape[0];
  if (besides.next_sentences) append_next_sentences(file, samples, to.sequences);
  const bool has_segments = rows > token_type_ids;
  // Files with and without segments stand one behind the other.
  if (has_segments) to.sequences.segments.resize(to.sequences.tokens.size());
  const bool writes_segments = !to.sequences.segments.empty() || has_segments;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    std::int32_t whole = length;
    for (std::int64_t place = 0; place < length; ++place) {
      const auto number = [&](Feature feature) {
        return numbers[static_cast<std::size_t>((sample * rows + feature) * length + place)];
      };
      const auto where = [&] { return fmt::format("of sample {} at place {}", sample, place); };
      const std::int64_t mask = number(loss_mask);
      if (mask != 0 && mask != 1) file.refuse(fmt::format("mask {} {}; allowed are 0 and 1", mask, where()));
      const bool labelled = mask == 1 && number(label_ids) != ignored_label;
      const auto require_id = [&](Feature feature, const char* what, const char* kind) {
        if (number(feature) < 0 || number(feature) > std::numeric_limits<std::int32_t>::max())
          file.refuse(fmt::format("{} {} {} is no {}", what, number(feature), where(), kind));
      };
      require_id(token_ids, "token", "token id");
      if (labelled) require_id(label_ids, "label", "token id");
      if (has_segments) require_id(token_type_ids, "segment", "segment's number");
      to.sequences.tokens.push_back(static_cast<std::int32_t>(number(token_ids)));
      to.sequences.labels.push_back(labelled ? static_cast<std::int32_t>(number(label_ids)) : hw::unlabelled);
      if (writes_segments)
        to.sequences.segments.push_back(has_segments ? static_cast<std::int32_t>(number(token_type_ids)) : 0);
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

SequenceFiles read_sequence_files(const std::vector<std::filesystem::path>& files, int length, MaskOf mask_of,
                                  SentenceRows rows) {
  SequenceFiles read;
  read.sequences.length = length;
  for (const std::filesystem::path& path : files) append(path, length, mask_of, rows, read);
  return read;
}

}  // namespace weft::sw
