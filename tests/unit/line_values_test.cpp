// Question: do a line kernel's instructions on many PEs at once give the bits of plain loops, however columns are cut?
#include <catch2/catch.hpp>
#include <cmath>

#include <cstring>
#include <map>
#include <random>

#include "hw/kernels/line_values.h"
#include "hw/spec/kernel_table.h"
#include "hw/spec/machine_file.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/support/paths.h"
#include "tlm/base/half.h"

using namespace weft;

namespace {

float float_of_bits(std::uint32_t bits, hw::LineFormat format, HalfFormat halves) {
  if (hw::words_of(format) == 1) return half_to_float(halves, static_cast<std::uint16_t>(bits));
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Tensors of a launch as dense arrays [features][tokens].
class Tensors : public hw::LineMemory {
 public:
  Tensors(const hw::ProgramLaunch& launch, const hw::LineProgram& program)
      : format_(launch.line.format), tokens_(launch.block.tokens) {
    const auto size = static_cast<std::size_t>(launch.block.features) * static_cast<std::size_t>(tokens_);
    for (std::size_t at = 0; at < program.reads.size(); ++at) {
      const hw::LineOperand& operand = program.reads[at];
      for (const std::uint32_t bits : launch.operands[at]) {
        if (operand.tensor == hw::Operand::labels) {
          labels_.push_back(static_cast<std::int16_t>(bits));
        } else if (operand.format == hw::LineFormat::label) {
          tensors_[operand.tensor].push_back(static_cast<float>(bits));
        } else {
          tensors_[operand.tensor].push_back(float_of_bits(bits, operand.format, format_));
        }
      }
    }
    for (const hw::LineOperand& operand : program.writes)
      tensors_[operand.tensor].resize(operand.format == hw::LineFormat::of_heads ? static_cast<std::size_t>(tokens_)
                                                                                 : size);
  }
  const float* read(hw::Operand tensor, int feature, int token) override { return written(tensor, feature, token); }
  float* written(hw::Operand tensor, int feature, int token) override {
    if (tensor == hw::Operand::gain || tensor == hw::Operand::shift) return tensors_.at(tensor).data() + feature;
    return tensors_.at(tensor).data() + static_cast<std::ptrdiff_t>(feature) * tokens_ + token;
  }
  const std::int32_t* labels(int token) override { return labels_.data() + token; }
  std::vector<std::uint32_t> bits(const hw::LineOperand& operand) const {
    std::vector<std::uint32_t> bits;
    for (const float value : tensors_.at(operand.tensor)) {
      bits.emplace_back();
      if (operand.format == hw::LineFormat::half) {
        bits.back() = float_to_half(format_, value);
      } else {
        std::memcpy(&bits.back(), &value, sizeof value);
      }
    }
    return bits;
  }

 private:
  HalfFormat format_;
  int tokens_;
  std::map<hw::Operand, std::vector<float>> tensors_;
  std::vector<std::int32_t> labels_;
};

}  // namespace

TEST_CASE(
    "by hand: of 6 sums 2 become infinite, and those that are zero were so before, however many columns hold "
    "them") {
  hw::ProgramLaunch launch;
  launch.kind = hw::KernelKind::addition;
  const auto half = [](float value) { return std::uint32_t{float_to_half(HalfFormat::fp16, value)}; };
  const float tiny = std::ldexp(1.0F, -24), large = 40'000;  // the least half; with itself 80,000
  launch.line.format = HalfFormat::fp16;
  launch.operands = {{half(large), half(-large), half(1), half(tiny), half(2), half(0)},
                     {half(large), half(-large), half(1), half(-tiny), half(3), half(tiny)}};
  for (const hw::Rectangle rectangle : {hw::Rectangle{1, 1}, hw::Rectangle{2, 2}, hw::Rectangle{3, 1}}) {
    launch.block = {rectangle, 2, 3};
    hw::LinePrograms programs(launch);
    Tensors tensors(launch, programs.of(0, 0));
    hw::LineValues values(programs, tensors);
    values.run(0, launch.block.columns());
    CHECK((values.losses().values == 6 && values.losses().infinities == 2 && values.losses().zeros == 0));
  }
}

TEST_CASE("random launches of every line kernel, in one call and column by column") {
  const hw::MachineSpec machine = hw::load_machine("mini", weft::test::source_path("hw/machines"));
  std::mt19937 random(11);
  const auto within = [&](int least, int most) {
    return least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1));
  };
  int launches = 0;
  for (const hw::Kernel& kernel : hw::kernels) {
    if (kernel.form != hw::KernelForm::line) continue;
    for (int number = 0; number < 100; ++number, ++launches) {
      const bool wide = number % 10 == 0;  // more columns than are held at once
      sw::CrossCase c{kernel.kind,
                      1,
                      within(1, 30),
                      wide ? within(300, 700) : within(1, 40),
                      {wide ? within(280, 600) : within(1, 9), within(1, 12)},
                      sw::Stalls::none,
                      static_cast<std::uint32_t>(random()),
                      0,
                      {kernel.by_key && number / 2 % 2 == 0, 0, 0}};
      if (kernel.by_pairs) c.outputs = 2 * c.rectangle.height * (1 + c.outputs % 3);  // rows of whole pairs
      c.format = half_formats[static_cast<std::size_t>(number) % std::size(half_formats)].format;
      INFO(to_string(c));
      const hw::ProgramLaunch launch = sw::prepare(machine, c).launch;
      for (const int cut : {1, launch.block.columns()}) {
        hw::LinePrograms programs(launch);
        const hw::LineProgram& program = programs.of(0, 0);
        Tensors tensors(launch, program);
        hw::LineValues values(programs, tensors);
        for (int part = 0; part < cut; ++part)
          values.run(launch.block.columns() * part / cut, launch.block.columns() * (part + 1) / cut);
        std::vector<std::uint32_t> results = values.totals(), expected = launch.results;
        for (const hw::LineOperand& operand : program.writes) {
          const std::vector<std::uint32_t> bits = tensors.bits(operand);
          // Between launches there is one NaN, that of arithmetic; operands drawn at random may hold others.
          if (operand.format == hw::LineFormat::half)
            for (std::size_t at = results.size(); at < results.size() + bits.size(); ++at)
              expected.at(at) =
                  float_to_half(c.format, half_to_float(c.format, static_cast<std::uint16_t>(expected[at])));
          results.insert(results.end(), bits.begin(), bits.end());
        }
        REQUIRE(results == expected);
      }
    }
  }
  CHECK(launches >= 300);
}

TEST_CASE("a PE holds as many elements as an instruction counts, and not one more") {
  const auto program_of = [](int features, int tokens) {
    hw::LinePrograms programs(hw::KernelKind::activation, {}, {{1, 1}, features, tokens});
    return programs.of(0, 0).code.size();
  };
  CHECK(program_of(255, 257) > 0);  // 65,535
  CHECK_THROWS_WITH(program_of(256, 256), Catch::Contains("256 x 256 elements; an instruction has at most 65535"));
}
