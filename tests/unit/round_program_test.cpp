// Question: does a PE go through its rounds in order, each one pass of a loop, in few instructions?
#include <catch2/catch.hpp>

#include <array>
#include <random>

#include "sw/kernels/round_program.h"

using namespace weft;
using namespace weft::sw;

namespace {

/// The rounds that code of add_rounds() goes through: `bodies` by instruction; LOOPs are followed, counter 0 moves what
/// a round gives, keeps and has as a vector.
std::vector<RoundBody> followed(const hw::Program& program, const std::vector<RoundBody>& bodies) {
  std::vector<RoundBody> rounds;
  std::array<int, hw::loop_counters> passes{};
  for (std::size_t at = 0; at < program.code.size();) {
    const hw::Instruction& instruction = program.code[at];
    if (instruction.opcode != hw::Opcode::loop) {
      RoundBody body = bodies.at(instruction.a);
      for (int* moves : {&body.gives, &body.keeps, &body.vector})
        if (*moves >= 0) *moves += passes[0];
      rounds.push_back(body);
      ++at;
      continue;
    }
    int& pass = passes.at(instruction.counter);
    if (++pass < instruction.count) {
      at = instruction.target;
    } else {
      pass = 0;
      ++at;
    }
  }
  return rounds;
}

struct Code {
  hw::Program program;
  std::vector<RoundBody> bodies;
};

Code code_of(const std::vector<RoundBody>& rounds) {
  Code code;
  ProgramBuilder builder(code.program);
  add_rounds(builder, rounds, [&](const RoundBody& body) {
    hw::Instruction instruction;
    instruction.opcode = hw::Opcode::axpy;
    instruction.a = static_cast<std::uint16_t>(code.bodies.size());
    code.bodies.push_back(body);
    builder.add(instruction);
  });
  return code;
}

}  // namespace

TEST_CASE("rounds as loops are the rounds in order") {
  std::mt19937 random(3);
  for (int number = 0; number < 2000; ++number) {
    std::vector<RoundBody> rounds;
    RoundBody body;
    const auto length = 1 + random() % 40;
    for (std::size_t round = 0; round < length; ++round) {
      for (int* moves : {&body.gives, &body.keeps, &body.vector}) {
        if (*moves >= 0) ++*moves;
        if (random() % 6 == 0) *moves = random() % 2 == 0 ? -1 : static_cast<int>(random() % 3);
      }
      body.advances = random() % 4 == 0;
      body.hands_on = random() % 8 == 0;
      body.hands_vector_on = random() % 8 == 0;
      body.takes = random() % 8 != 0;
      rounds.push_back(body);
    }
    const Code code = code_of(rounds);
    CHECK(followed(code.program, code.bodies) == rounds);
  }
}

TEST_CASE("blocks of equal length are a loop of loops: four instructions for any number of owners") {
  std::vector<RoundBody> rounds;
  for (int owner = 0; owner < 200; ++owner) {
    for (int round = 0; round < 3; ++round) {
      rounds.emplace_back();
      rounds.back().advances = round == 2;
    }
  }
  const Code code = code_of(rounds);
  // Two rounds and their LOOP, the third, the LOOP around all.
  CHECK(code.program.code.size() == 4);
  CHECK(followed(code.program, code.bodies) == rounds);
}

TEST_CASE("each round has one LOOP: what a round costs does not depend on how its loops lie") {
  std::vector<RoundBody> rounds(7);
  rounds[3].advances = true;
  rounds[6].keeps = 0;
  const Code code = code_of(rounds);
  std::size_t loops = 0, at = 0;
  std::array<int, hw::loop_counters> passes{};
  while (at < code.program.code.size()) {
    const hw::Instruction& instruction = code.program.code[at];
    if (instruction.opcode != hw::Opcode::loop) {
      ++at;
      continue;
    }
    ++loops;
    int& pass = passes.at(instruction.counter);
    at = ++pass < instruction.count ? instruction.target : (pass = 0, at + 1);
  }
  CHECK(loops == rounds.size());
}
