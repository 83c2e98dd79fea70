#include "sw/fabric/word_dump.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <sstream>

#include "hw/pe/arithmetic.h"
#include "tlm/base/error.h"
#include "tlm/base/half.h"
#include "tlm/base/yaml_reader.h"

namespace weft::sw {

namespace {

constexpr const char* heading = "name,x,y,element,value";

template <typename Value>
bool parsed(const std::string& text, Value& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::vector<DumpedValue> dumped_values(const DumpRule& rule, const FabricFile& file, const hw::ArrayRun& run) {
  std::vector<DumpedValue> dumped;
  for (int y = 0; y < file.height; ++y) {
    for (int x = 0; x < file.width; ++x) {
      const std::vector<Number> values = file.at(x, y);
      if (!rule.where.holds(values)) continue;
      const hw::Sram& memory = run.pes[static_cast<std::size_t>(y * file.width + x)].memory;
      const Number words = static_cast<Number>(memory.size()), size = rule.half ? 1 : 2;
      const std::string pe = fmt::format(" in PE ({}, {})", x, y);
      const int at = rule.at.within(values, 0, words, pe), n = rule.n.within(values, 0, (words - at) / size, pe);
      for (int k = 0; k < n; ++k) {
        const float value = rule.half ? half_to_float(HalfFormat::fp16, memory.read16(at + k))
                                      : hw::float_of(memory.read32(at + 2 * k));
        dumped.push_back({x, y, k, value});
      }
    }
  }
  return dumped;
}

std::string dump_text(const FabricFile& file, const hw::ArrayRun& run) {
  std::string text = std::string(heading) + "\n";
  for (const DumpRule& rule : file.dumps)
    for (const DumpedValue& dumped : dumped_values(rule, file, run))
      text += fmt::format("{},{},{},{},{:.9g}\n", rule.name, dumped.x, dumped.y, dumped.element, dumped.value);
  return text;
}

std::map<std::tuple<int, int, int>, double> read_dump(const std::filesystem::path& path, const std::string& name) {
  std::map<std::tuple<int, int, int>, double> values;
  std::istringstream stream(read_text_file(path));
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    std::array<std::string, 5> cells;
    std::istringstream words(line);
    for (std::string& cell : cells) std::getline(words, cell, ',');
    int x = 0, y = 0, element = 0;
    float value = 0;  // nine digits tell one fp32
    if (number == 1 ? line != heading
                    : !parsed(cells[1], x) || !parsed(cells[2], y) || !parsed(cells[3], element) ||
                          !parsed(cells[4], value) || !words.eof())
      throw UsageError(fmt::format("{}:{}: {}: due is {}", path.string(), number, line, heading));
    if (number > 1 && cells[0] == name) values[{y, x, element}] = value;
  }
  return values;
}

}  // namespace weft::sw
