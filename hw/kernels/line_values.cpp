#include "hw/kernels/line_values.h"

#include <algorithm>

#include "hw/pe/arithmetic.h"
#include "tlm/base/half.h"

namespace weft::hw {

namespace {

/// Columns whose images are held at once: as few as loops over columns run well with, where more do not stay in cache.
constexpr int least_columns = 16, most_columns = 256;
constexpr std::int64_t cached_words = 1 << 18;

}  // namespace

void LineValues::run(int first, int last) {
  for (int end = 0; first < last; first = end) {
    const int rows = programs_.meet() ? programs_.block().rows() : 1;
    const auto fit = static_cast<int>(cached_words / (std::int64_t{rows} * program(0, first).words()));
    const int most =
        std::min(last, first + std::clamp(fit / least_columns * least_columns, least_columns, most_columns));
    for (end = first + 1; end < most && tokens_of(end) == tokens_of(first) && step_of(end) == step_of(first);) ++end;
    run_alike(first, end - first);
  }
}

void LineValues::run_alike(int first, int columns) {
  const int rows = programs_.block().rows();
  const bool meet_at_all = programs_.meet();
  images_.resize(meet_at_all ? static_cast<std::size_t>(rows) : 1);
  std::vector<std::size_t> at;
  for (int row = 0; row < rows; ++row) {
    LineImage& image = images_[meet_at_all ? static_cast<std::size_t>(row) : 0];
    image.resize(program(row, first).words(), columns, program(row, first).format);
    load(row, first, image);
    at.push_back(image.run(program(row, first).code, 0));
    if (!meet_at_all) store(row, first, image);
  }
  if (!meet_at_all) return;
  const std::vector<Instruction>& first_code = program(0, first).code;
  for (; meets(first_code[at[0]]) && meeting_of(first_code[at[0]]) != LineMeeting::east;) {
    meet(at, first);
    for (int row = 0; row < rows; ++row) {
      std::size_t& place = at[static_cast<std::size_t>(row)];
      place = images_[static_cast<std::size_t>(row)].run(program(row, first).code, place + 1);
    }
  }
  totals_.resize(static_cast<std::size_t>(rows));
  for (std::size_t row = 0; row < at.size(); ++row) {
    const Instruction& last = program(static_cast<int>(row), first).code[at[row]];
    if (meets(last)) leave(row, last);
  }
  for (int row = 0; row < rows; ++row) store(row, first, images_[static_cast<std::size_t>(row)]);
}

void LineValues::meet(const std::vector<std::size_t>& at, int first) {
  const auto instruction = [&](std::size_t row) { return program(static_cast<int>(row), first).code[at[row]]; };
  const Instruction top = instruction(0);
  const auto count = static_cast<std::size_t>(top.count) * static_cast<std::size_t>(images_.front().columns());
  passing_.resize(count);
  if (meeting_of(top) == LineMeeting::down) {
    std::copy_n(images_.front().cells(top.a), count, passing_.begin());
    for (std::size_t row = 1; row < images_.size(); ++row)
      std::copy_n(passing_.begin(), count, images_[row].cells(instruction(row).a));
    return;
  }
  for (std::size_t row = images_.size(); row-- > 0;) {
    const Instruction sum = instruction(row);
    if (sum.fabric_in) images_[row].combine(sum.opcode, sum.a, passing_.data(), sum.count);
    std::copy_n(images_[row].cells(sum.a), count, passing_.begin());
  }
}

// The first column sends its own, each behind it adds them up (LineCode::leave_east).
void LineValues::leave(std::size_t row, const Instruction& instruction) {
  LineImage& image = images_[row];
  std::vector<std::uint32_t>& totals = totals_[row];
  int column = 0;
  if (totals.empty()) {
    for (int place = 0; place < instruction.count; ++place) totals.push_back(image.cells(instruction.a + 2 * place)[0]);
    column = 1;
  }
  for (; column < image.columns(); ++column)
    for (int place = 0; place < instruction.count; ++place) {
      std::uint32_t& total = totals[static_cast<std::size_t>(place)];
      total = combine(Opcode::add32, image.cells(instruction.a + 2 * place)[column], total);
    }
}

std::vector<std::uint32_t> LineValues::totals() const {
  std::vector<std::uint32_t> all;
  for (const std::vector<std::uint32_t>& of_row : totals_) all.insert(all.end(), of_row.begin(), of_row.end());
  return all;
}

void LineValues::load(int row, int first, LineImage& image) {
  const BlockMap& block = programs_.block();
  const LineProgram& of = program(row, first);
  const int tokens = tokens_of(first), columns = image.columns(), at = first_token(first);
  halves_.resize(static_cast<std::size_t>(tokens) * static_cast<std::size_t>(columns));
  for (int column = 0; column < columns; ++column)
    programs_.each_word(row, (first + column) % block.columns(),
                        [&](int word, std::uint32_t bits) { image.cells(word)[column] = bits; });
  for (const LineOperand& operand : of.reads) {
    if (operand.format == LineFormat::label) {
      const auto take = [&](const auto* of_token) {
        for (std::uint16_t& half : halves_) half = static_cast<std::uint16_t>(*of_token++);
      };
      if (operand.tensor == Operand::labels) {
        take(memory_.labels(at));
      } else {
        take(memory_.read(operand.tensor, operand.feature, at));
      }
      image.put(operand.address, halves_.data(), tokens);
      continue;
    }
    if (operand.format == LineFormat::windows) {
      load_windows(row, first, operand, image);
      continue;
    }
    if (operand.format == LineFormat::of_heads) {
      for (int head = 0; head < block.together; ++head)
        image.put(operand.address + 2 * head * tokens, memory_.read(operand.tensor, head, at), tokens);
      continue;
    }
    for (int feature = 0; feature < block.features_of(row); ++feature) {
      const float* values = memory_.read(operand.tensor, block.first_feature(row) + feature, at);
      if (operand.format == LineFormat::feature) {
        image.fill(operand.address + feature, float_to_half(of.format, *values));
      } else if (operand.format == LineFormat::fp32) {
        image.put(operand.address + 2 * feature * tokens, values, tokens);
      } else {
        float_to_half(of.format, values, halves_.data(), halves_.size());
        image.put(operand.address + feature * tokens, halves_.data(), tokens);
      }
    }
  }
}

void LineValues::load_windows(int row, int first, const LineOperand& operand, LineImage& image) {
  const BlockMap& block = programs_.block();
  for (int column = 0; column < image.columns(); ++column) {
    const std::vector<TokenWindow> windows = programs_.windows(row, (first + column) % block.columns());
    int word = operand.address;
    for (int feature = 0; feature < block.features_of(row); ++feature) {
      const TokenWindow& window = windows[static_cast<std::size_t>(feature)];
      const float* values =
          memory_.read(operand.tensor, block.first_feature(row) + feature, first_token(first + column));
      for (int token = window.first; token < window.end(); ++token, word += 2)
        image.cells(word)[column] = result_bits(values[token - feature * tokens_of(first)]);
    }
  }
}

void LineValues::store(int row, int first, LineImage& image) {
  losses_.add(image.take_losses());
  const BlockMap& block = programs_.block();
  const int tokens = tokens_of(first), at = first_token(first);
  for (const LineOperand& operand : program(row, first).writes) {
    const bool of_heads = operand.format == LineFormat::of_heads;
    for (int feature = 0; feature < (of_heads ? block.together : block.features_of(row)); ++feature) {
      float* values = memory_.written(operand.tensor, (of_heads ? 0 : block.first_feature(row)) + feature, at);
      if (words_of(operand.format) == 2) {
        image.get(operand.address + 2 * feature * tokens, values, tokens);
      } else {
        image.get(operand.address + feature * tokens, halves_.data(), tokens);
        half_to_float(program(row, first).format, halves_.data(), values, halves_.size());
      }
    }
  }
}

}  // namespace weft::hw
