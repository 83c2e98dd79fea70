#include "sw/check/head_programs.h"

#include <fmt/format.h>

#include <optional>

#include "hw/kernels/line_kernels.h"
#include "sw/check/element_bits.h"

namespace weft::sw {

using namespace hw;

HeadPrograms::HeadPrograms(const Opened& opened, int lane, const ProgramLaunch& of_lane)
    : lane_(opened.wafer.lane(lane)), job_(opened.job), launch_(opened.launch), grid_(lane_.grid(launch_)) {
  programs_.assign(static_cast<std::size_t>(grid_.places()), of_lane);
  each_place([&](ProgramLaunch& program, const HeadGrid::Place& place) {
    const int first_token = opened.wafer.lane_first_token(lane) + place.first_token;
    program.name += fmt::format(", head {}, sequence {}", place.first_key / grid_.shape().length,
                                first_token / grid_.shape().length);
    program.first_row += place.first_row;
    program.first_column += place.first_column;
    program.end = opened.end_of(grid_, place.rectangle);
  });
  if (kernel_of(launch_.kind).streams()) {
    open_product();
  } else {
    open_line(opened.wafer.lane_settings(opened.settings, lane));
  }
}

HeadPrograms::Whole HeadPrograms::whole(const OperandTensors& tensors, Operand operand) {
  const int tensor = needed(tensors, operand);
  return {lane_.gather(tensor), job_.tensors[static_cast<std::size_t>(tensor)]};
}

HeadPrograms::Rows HeadPrograms::rows_of(const WaferTensor& form, const HeadGrid::Place& place) const {
  const HeadShape& shape = grid_.shape();
  if (form.of_heads) return {place.first_key / shape.length, 1};
  if (form.scores) return {place.first_key, shape.length};
  return {place.first_feature, shape.head_size};
}

std::vector<std::uint32_t> HeadPrograms::part(const Whole& whole, const HeadGrid::Place& place, bool turned) const {
  const int length = grid_.shape().length;
  const TileKeys tile = grid_.keys(place.rectangle);
  const Rows of = rows_of(whole.form, place);
  // Of queries, scores and what attention makes; a product has a column's tokens of all heads behind each other.
  const int keys = whole.form.scores ? tile.count() : of.count,
            grouped = whole.form.features / grid_.shape().heads / of.count, rows = keys * grouped;
  std::vector<std::uint32_t> bits;
  const auto append = [&](int row, int column) {
    bits.push_back(element_bits(job_.format, whole.block.row(of.first * grouped + row)[place.first_token + column],
                                whole.form.fp32));
  };
  if (grouped > 1 && kernel_of(launch_.kind).streams()) {
    const std::vector<int> bounds = split_bounds(length, place.rectangle.width);
    for (int key = 0; key < keys; ++key)
      for (std::size_t column = 0; column + 1 < bounds.size(); ++column)
        for (int head = 0; head < grouped; ++head)
          for (int token = bounds[column]; token < bounds[column + 1]; ++token) append(key * grouped + head, token);
    return bits;
  }
  for (int key = 0; turned && key < tile.count(); ++key)
    for (int row = 0; row < rows; ++row) append(row, tile.place(key));
  for (int row = 0; !turned && row < rows; ++row)
    for (int token = 0; token < length; ++token) append(row, token);
  return bits;
}

// Rounds are keys. Scores have theirs as rows; other tensors have a sequence's keys in the place of its tokens.
void HeadPrograms::open_product() {
  const Whole stream = whole(launch_.reads, Operand::stream), resident = whole(launch_.reads, Operand::resident);
  const bool keeps_fp32 = job_.tensors[static_cast<std::size_t>(needed(launch_.writes, Operand::result))].fp32;
  written_ = {Operand::result};
  std::optional<Whole> sums;
  if (launch_.reads.of(Operand::sums) >= 0) sums.emplace(whole(launch_.reads, Operand::sums));
  each_place([&](ProgramLaunch& program, const HeadGrid::Place& place) {
    const std::pair size(place.rectangle.width, place.rectangle.height);
    program.map = &maps_.try_emplace(size, grid_.map(launch_.kind, place.rectangle)).first->second;
    const std::vector<std::uint32_t> scalars = part(stream, place, !stream.form.scores),
                                     vectors = part(resident, place, false);
    program.stream.assign(scalars.begin(), scalars.end());
    program.resident.assign(vectors.begin(), vectors.end());
    program.keeps_fp32 = keeps_fp32;
    if (sums) program.sums = part(*sums, place, false);
  });
}

void HeadPrograms::open_line(const LineSettings& settings) {
  LineSettings first = lane_.settings_at(launch_, settings, grid_.place(0));
  first.windows = grid_.score_windows(grid_.place(0).rectangle);
  LinePrograms programs(launch_.kind, first, grid_.block(launch_.kind, grid_.place(0).rectangle));
  for (const LineOperand& operand : programs.of(0, 0).writes) written_.push_back(operand.tensor);
  std::vector<Whole> operands;
  for (const LineOperand& operand : programs.of(0, 0).reads) operands.push_back(whole(launch_.reads, operand.tensor));
  each_place([&](ProgramLaunch& program, const HeadGrid::Place& place) {
    program.line = lane_.settings_at(launch_, settings, place);
    program.line.windows = grid_.score_windows(place.rectangle);
    program.line.dropout = settings.dropout.from(settings.queries * place.first_key, place.first_token);
    program.block = grid_.block(launch_.kind, place.rectangle);
    for (const Whole& operand : operands) program.operands.push_back(part(operand, place, false));
  });
}

void HeadPrograms::append_windows(const Whole& made, const HeadGrid::Place& place, ProgramLaunch& program) const {
  const LaunchMap& map = *program.map;
  for (int round = 0; round < map.rounds; ++round) {
    const float* row = made.block.row(place.first_key + round) + place.first_token;
    for (int column = 0; column < map.positions; ++column) {
      const TokenWindow window = map.windows->at(round, column);
      for (int token = window.first; token < window.end(); ++token)
        program.results.push_back(element_bits(job_.format, row[token], made.form.fp32));
      row += map.elements[static_cast<std::size_t>(column)];
    }
  }
}

const std::vector<ProgramLaunch>& HeadPrograms::finish() {
  for (const Operand operand : written_) {
    const Whole made = whole(launch_.writes, operand);
    each_place([&](ProgramLaunch& program, const HeadGrid::Place& place) {
      if (program.map && program.map->windowed_elements() && made.form.scores)
        return append_windows(made, place, program);
      const bool turned = program.map && program.map->reduces && !made.form.scores;
      const std::vector<std::uint32_t> bits = part(made, place, turned);
      program.results.insert(program.results.end(), bits.begin(), bits.end());
    });
  }
  return programs_;
}

}  // namespace weft::sw
