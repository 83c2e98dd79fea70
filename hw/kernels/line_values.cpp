#include "hw/kernels/line_values.h"

#include <algorithm>
#include <cstring>

#include "tlm/base/fp16.h"

namespace weft::hw {

namespace {

/// Columns whose images are held at once.
constexpr int most_columns = 256;

}  // namespace

void LineValues::run(int first, int last) {
  const BlockMap& block = programs_.block();
  for (int end = 0; first < last; first = end) {
    const int most = std::min(last, first + most_columns);
    for (end = first + 1; end < most && block.tokens_of(end) == block.tokens_of(first);) ++end;
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
    image.resize(program(row, first).words(), columns);
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
    std::uint32_t* own = images_[row].cells(sum.a);
    if (sum.fabric_in)
      for (std::size_t place = 0; place < count; ++place) own[place] = combine(sum.opcode, own[place], passing_[place]);
    std::copy_n(own, count, passing_.begin());
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
  const int tokens = block.tokens_of(first), columns = image.columns(), first_token = block.first_token(first);
  const auto all = static_cast<std::size_t>(tokens) * static_cast<std::size_t>(columns);
  for (std::size_t place = 0; place < of.constants.size(); ++place) {
    std::uint32_t* cells = image.cells(of.constants_at + 2 * static_cast<int>(place));
    for (int column = 0; column < columns; ++column)
      cells[column] = of.constants[place].at(block.first_feature(row), first_token + column * tokens);
  }
  for (const LineOperand& operand : of.reads) {
    if (operand.format == LineFormat::label) {
      const auto put = [&](const auto* of_token) {
        for (int column = 0; column < columns; ++column)
          for (int token = 0; token < tokens; ++token)
            image.put_half(operand.address + token, column, static_cast<std::uint16_t>(*of_token++));
      };
      if (operand.tensor == Operand::labels) {
        put(memory_.labels(first_token));
      } else {
        put(memory_.read(operand.tensor, operand.feature, first_token));
      }
      continue;
    }
    halves_.resize(all);
    for (int feature = 0; feature < block.features_of(row); ++feature) {
      const float* values = memory_.read(operand.tensor, block.first_feature(row) + feature, first_token);
      if (operand.format == LineFormat::feature) {
        const std::uint16_t half = float_to_half(*values);
        for (int column = 0; column < columns; ++column) image.put_half(operand.address + feature, column, half);
        continue;
      }
      const int at = operand.address + feature * tokens * (operand.format == LineFormat::fp32 ? 2 : 1);
      if (operand.format == LineFormat::fp32) {
        for (int column = 0; column < columns; ++column)
          for (int token = 0; token < tokens; ++token, ++values)
            std::memcpy(image.cells(at + 2 * token) + column, values, sizeof *values);
        continue;
      }
      float_to_half(values, halves_.data(), all);
      const std::uint16_t* half = halves_.data();
      for (int column = 0; column < columns; ++column)
        for (int token = 0; token < tokens; ++token) image.put_half(at + token, column, *half++);
    }
  }
}

void LineValues::store(int row, int first, LineImage& image) {
  const BlockMap& block = programs_.block();
  const int tokens = block.tokens_of(first), columns = image.columns();
  for (const LineOperand& operand : program(row, first).writes)
    for (int feature = 0; feature < block.features_of(row); ++feature) {
      float* values = memory_.written(operand.tensor, block.first_feature(row) + feature, block.first_token(first));
      const bool fp32 = operand.format == LineFormat::fp32;
      const int at = operand.address + feature * tokens * (fp32 ? 2 : 1);
      if (fp32) {
        for (int column = 0; column < columns; ++column)
          for (int token = 0; token < tokens; ++token, ++values)
            std::memcpy(values, image.cells(at + 2 * token) + column, sizeof *values);
        continue;
      }
      halves_.clear();
      for (int column = 0; column < columns; ++column)
        for (int token = 0; token < tokens; ++token) halves_.push_back(image.half(at + token, column));
      half_to_float(halves_.data(), values, halves_.size());
    }
}

}  // namespace weft::hw
