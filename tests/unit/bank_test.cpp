// Question: does a vector take the cycles that the banks under its elements say, counted by hand?
#include <catch2/catch.hpp>

#include "hw/pe/vector_operations.h"
#include "hw/spec/machine_file.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

namespace {

Instruction vector(Opcode opcode, int n, int step) {
  Instruction i;
  i.opcode = opcode;
  i.count = static_cast<std::uint16_t>(n);
  i.element_stride = static_cast<std::uint16_t>(step);
  i.scalars = 1;
  return i;
}

const PeSpec& pe_of(const std::string& name) {
  static const PeSpec wse2 = load_machine("wse2", weft::test::source_path("hw/machines")).pe,
                      wse3 = load_machine("wse3", weft::test::source_path("hw/machines")).pe;
  return name == "wse2" ? wse2 : wse3;
}

/// Cycles of its elements: the vector at word 0, its operand at word `b`.
Cycle elements(const Instruction& i, int b, const PeSpec& pe) {
  return vector_length(i, {0, b}, pe) - pe.vector_issue_cycles;
}

}  // namespace

TEST_CASE("sources clash in the element cycles in which their banks are equal modulo 4") {
  struct Case {
    Opcode opcode;
    int n, step, b;
    Cycle cycles;
  };
  // One lane: element k of an FMAC32 stands at word 2 k, its operand at b + k step.
  for (const Case& c : std::vector<Case>{{Opcode::fmac32, 10, 2, 2, 10},
                                         {Opcode::fmac32, 10, 2, 4, 20},
                                         {Opcode::fmac32, 10, 2, 8, 20},
                                         {Opcode::fmac32, 10, 4, 8, 15},   // even elements
                                         {Opcode::fmac32, 9, 4, 8, 14},    // 5 of 9
                                         {Opcode::fmac32, 9, 4, 6, 13},    // odd ones, 4 of 9
                                         {Opcode::horner32, 9, 0, 8, 14},  // the same word again and again
                                         {Opcode::fmac32, 10, 6, 2, 10},
                                         {Opcode::fmac32, 10, 6, 4, 20},
                                         {Opcode::fmac32, 1, 4, 8, 2}}) {
    INFO(static_cast<int>(c.opcode) << ' ' << c.n << ' ' << c.step << ' ' << c.b);
    for (const char* name : {"wse2", "wse3"})
      CHECK(elements(vector(c.opcode, c.n, c.step), c.b, pe_of(name)) == c.cycles);
  }
  // Two lanes, four lanes; both sources walk alike, so all cycles do or none.
  for (const auto& [b, wse2, wse3] : {std::tuple{2, 5, 3}, {4, 10, 6}, {6, 5, 3}, {8, 10, 6}}) {
    CHECK(elements(vector(Opcode::add32, 9, 0), b, pe_of("wse2")) == wse2);
    CHECK(elements(vector(Opcode::add32, 9, 0), b, pe_of("wse3")) == wse3);
  }
  // Halves: words 0, 1, 2 and so on.
  for (const auto& [b, cycles] : {std::pair{1, 9}, {2, 9}, {3, 9}, {4, 18}})
    CHECK(elements(vector(Opcode::relu_back16, 9, 0), b, pe_of("wse2")) == cycles);
}

TEST_CASE("an operand whose elements are apart is read as fast as its banks let it") {
  // step, MOVE32 of 8 elements on WSE-2 (2 lanes) and WSE-3 (4): all at once, two a cycle, one.
  for (const auto& [step, wse2, wse3] :
       {std::tuple{2, 4, 2}, {6, 4, 2}, {10, 4, 2}, {4, 4, 4}, {12, 4, 4}, {8, 8, 8}, {16, 8, 8}, {0, 4, 2}}) {
    INFO(step);
    CHECK(elements(vector(Opcode::move32, 8, step), 400, pe_of("wse2")) == wse2);
    CHECK(elements(vector(Opcode::move32, 8, step), 400, pe_of("wse3")) == wse3);
  }
  for (const auto& [step, wse2, wse3] :
       {std::tuple{1, 4, 2}, {2, 4, 2}, {3, 4, 2}, {5, 4, 2}, {7, 4, 4}, {9, 4, 4}, {4, 4, 4}, {8, 8, 8}, {11, 4, 2}}) {
    INFO(step);
    CHECK(elements(vector(Opcode::keep_equal32, 8, step), 401, pe_of("wse2")) == wse2);
    CHECK(elements(vector(Opcode::zero_equal32, 8, step), 401, pe_of("wse3")) == wse3);
  }
}
