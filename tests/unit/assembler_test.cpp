// Question: does the assembler read what the disassembler prints, and say what is wrong with anything else?
#include "sw/kernels/assembler.h"

#include <catch2/catch.hpp>

#include <random>
#include <set>

#include "hw/pe/instruction_text.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;
using Catch::Contains;
using sw::assemble;
using sw::assemble_line;

namespace {

/// Any values in the fields that the instruction has.
Instruction random_instruction(std::mt19937& random) {
  Instruction i;
  i.opcode = static_cast<Opcode>(random() % static_cast<unsigned>(opcode_count));
  const OpcodeText& form = text_of(i.opcode);
  if (form.takes && random() % 2) i.fabric_in = static_cast<std::uint8_t>(random() % 24);
  if (form.sends && random() % 2) i.fabric_out = static_cast<std::uint8_t>(random() % 24);
  if (form.closes && i.fabric_out && random() % 2) {
    i.close = true;
    i.silent = random() % 2;
    i.advance = static_cast<std::uint16_t>(random());
  }
  i.listed = form.lists && random() % 2;
  i.windowed = form.windows && random() % 2;
  i.windowed_scalars = form.windows_scalars && random() % 2;
  i.half_sums = form.half_sums && random() % 2;
  for (const InstructionField& field : form.fields)
    if (field.used_by(i)) i.*field.place = static_cast<std::uint16_t>(random());
  return i;
}

}  // namespace

TEST_CASE("10,000 random instructions come back from their text and from their words") {
  std::mt19937 random(11);
  for (int number = 0; number < 10'000; ++number) {
    const Instruction i = random_instruction(random);
    INFO(to_string(i));
    REQUIRE(assemble_line(to_string(i)) == i);
    if (i.opcode != Opcode::loop) REQUIRE(assemble_line(to_string(*decode(encode(i)))) == i);
  }
}

TEST_CASE("a program comes back from its listing, with its table of tasks") {
  std::mt19937 random(12);
  Program program;
  for (int number = 0; number < 30; ++number) program.code.push_back(random_instruction(random));
  program.tasks = {{Trigger::launch, 0, 17, 1},
                   {Trigger::data, 23, 3, 0},
                   {Trigger::completion, 0, 17, 1},
                   {Trigger::control, 5, 0, 0}};
  const Program read = assemble(to_string(program), "listing");
  REQUIRE(read.code == program.code);
  REQUIRE(read.tasks == program.tasks);
}

TEST_CASE("each instruction is read with all the operands that it can have") {
  std::set<Opcode> seen;
  for (const char* text : {"HALT",
                           "LOOP count=1 target=2 counter=3",
                           "AXPY acc=2 x=3 n=1 row=5 step=6 in=9",
                           "AXPYM acc=2 x=3 n=1 row=5 step=6 scalars=4 m=7 out=8 advance=1 silent",
                           "DRAIN acc=2 n=1 in=9 out=8 advance=65535",
                           "AXPY acc=2 x=3 n=1 row=5 step=6 in=9 listed",
                           "DRAIN acc=2 n=1 in=9 out=8 advance=1 silent listed",
                           "LIST16 at=2 n=1 in=9 windowed",
                           "AXPYM acc=2 x=3 n=1 row=5 step=6 scalars=4 m=7 out=8 advance=1 windowed windowed_scalars",
                           "WINDOW at=2",
                           "DRAIN acc=2 n=1 to=4 in=9",
                           "DRAIN16 acc=2 n=1 to=4 in=9",
                           "STORE16 at=2 n=1 in=9",
                           "STORE32 at=2 n=1 in=9",
                           "SEND16 at=2 n=1 out=8 advance=2 silent",
                           "SEND32 at=2 n=1 out=8 advance=2",
                           "STORE16 at=2 n=1 row=3 in=9",
                           "STORE32 at=2 n=1 row=4 step=6 in=9",
                           "SEND16 at=2 n=1 step=7 out=8",
                           "SEND32 at=2 n=1 row=4 step=6 out=8 advance=2",
                           "AXPYM acc=2 x=3 n=1 row=5 step=6 scalars=4 m=7",
                           "OUTERM acc=2 x=3 n=1 row=5 step=6 scalars=4 m=7",
                           "MOVE32 a=2 b=4 n=1 step=6",
                           "RELU16 at=2 n=1",
                           "RELU_BACK16 a=2 b=3 n=1",
                           "ADD32 a=2 n=1 m=3 in=9",
                           "SUB32 a=2 n=1 m=3 in=9",
                           "MUL32 a=2 n=1 m=3 in=9",
                           "MAX32 a=2 n=1 m=3 in=9",
                           "MAX32 a=2 n=1 m=3 in=9 out=8 advance=1",
                           "MAX32 a=2 b=4 n=1",
                           "MAX32 a=2 b=4 n=1 row=6 m=3",
                           "MUL32 a=2 b=4 n=1 step=8 m=3",
                           "FMAC32 acc=2 x=4 n=1 row=6 step=8 scalars=10 m=3",
                           "FMAC32_CALLS acc=2 x=4 n=1 row=6 step=8 scalars=10 m=3",
                           "HORNER32 acc=2 x=4 n=1 row=6 step=8 scalars=10 m=3",
                           "ADD_LEFT32 a=2 b=4 n=1 shift=23",
                           "ADD_RIGHT32 a=2 b=4 n=1 shift=0",
                           "KEEP_EQUAL32 a=2 b=3 n=1 row=1 step=2 c=5 m=3",
                           "ZERO_EQUAL32 a=2 b=3 n=1 row=0 step=1 c=5 m=3",
                           "OUTER acc=2 x=3 n=1 row=5 step=6 m=7 in=9",
                           "OUTERM acc=2 x=3 n=1 row=5 step=6 scalars=4 m=7 out=8 advance=1",
                           "TO_HALF16 a=2 b=3 n=1",
                           "COUNT32 a=2 n=1 row=5 step=6 c=4",
                           "XOR_SHIFT32 a=2 n=1 shift=13",
                           "MUL_INT32 a=2 n=1 c=4",
                           "SCALE16 a=2 n=1 c=4",
                           "ZERO_BELOW16 a=2 b=3 n=1 c=4",
                           "AXPY_KEEP acc=2 x=3 n=1 row=5 step=6 keep=4 m=7 in=9",
                           "CALL"}) {
    const Instruction instruction = assemble_line(text);
    CHECK(to_string(instruction) == text);
    seen.insert(instruction.opcode);
  }
  CHECK(seen.size() == opcode_count);
}

TEST_CASE("an instruction may be listed or windowed where rtl/ISA.md says so") {
  const std::set<std::string> lists{"AXPY", "AXPYM", "DRAIN"},
      windows{"AXPY", "AXPYM", "OUTER", "OUTERM", "DRAIN", "DRAIN16", "LIST16", "MOVE32"};
  for (std::size_t number = 0; number < opcode_count; ++number) {
    Instruction instruction;
    instruction.opcode = static_cast<Opcode>(number);
    const std::string name = text_of(instruction.opcode).name, text = to_string(instruction);
    for (const auto& [word, allowed] : {std::pair{" listed", lists}, std::pair{" windowed", windows}}) {
      INFO(text << word);
      if (allowed.count(name) > 0) {
        CHECK(to_string(assemble_line(text + word)) == text + word);
      } else {
        CHECK_THROWS_AS(assemble_line(text + word), UsageError);
      }
    }
  }
}

TEST_CASE("comments, empty lines and the order of fields do not matter") {
  const Program program = assemble("# broadcast\n\n  SEND32 n=4 out=1 at=8   # all\n  HALT\n", "text");
  REQUIRE(to_string(program.code.at(0)) == "SEND32 at=8 n=4 out=1");
  REQUIRE(program.code.size() == 2);
}

TEST_CASE("a mistake is named with its line and the nearest name") {
  const auto refused = [](const std::string& text, const std::string& expected) {
    INFO(text);
    REQUIRE_THROWS_AS(assemble("HALT\n" + text, "p.txt"), UsageError);
    REQUIRE_THROWS_WITH(assemble("HALT\n" + text, "p.txt"), Contains("p.txt:2: ") && Contains(expected));
  };
  refused("SENT32 at=0 n=1 out=0", "unknown instruction SENT32; nearest: SEND32");
  refused("SEND32 at=0 m=1 out=0", "unknown field m");
  refused("FMAC32 acc=0 x=0 n=1 rows=1", "unknown field rows; nearest: row");
  refused("SEND32 at=0 out=0", "n= is missing");
  refused("SEND32 at=0 n=65536 out=0", "n=65536: allowed 0 to 65535");
  refused("SEND32 at=0 n=-1 out=0", "n=-1: allowed");
  refused("SEND32 at=0 n= out=0", "n=: allowed");
  refused("SEND32 at=0 n=4x out=0", "n=4x: allowed");
  refused("SEND32 at=0 n=4 out=32", "out=32: allowed 0 to 31");
  refused("SEND32 at=0 n=4 n=4 out=0", "n is written twice");
  refused("SEND32 at=0 n=4 out=0 silent", "advance= is missing");
  refused("DRAIN acc=0 n=4 to=8 out=0", "to= has no meaning with out=");
  refused("ADD32 a=0 b=2 n=4 m=1 in=0", "b= has no meaning with in=");
  refused("ADD32 a=0 n=4 in=0", "m= is missing");
  refused("ADD32 a=0 n=4 m=1 row=2 in=0", "row= has no meaning with in=");
  refused("2: HALT", "this is instruction 1");
  refused("1:", "an instruction is missing");
  refused("task 0 launch", "a task is: task NUMBER thread=THREAD TRIGGER");
  refused("task 8 thread=0 launch", "tasks are 0 to 7");
  refused("task x thread=0 launch", "task x: tasks are 0 to 7");
  refused("task 0 thread=2 launch", "thread=2: thread= 0 to 1 is due");
  refused("task 0 tread=1 launch", "tread=1: thread= 0 to 1 is due");
  refused("task 0 thread=0 dat=3", "unknown trigger dat; nearest: data");
  refused("task 0 thread=0 launch=1", "launch has no value");
  refused("task 0 thread=0 data=32", "data=32: data= 0 to 31 is due");
  refused("task 0 thread=0 data", "data: data= 0 to 31 is due");
  refused("task 0 thread=0 completion=8", "completion=8: completion= 0 to 7 is due");
  refused("task 1 thread=0 launch", "task 0 is missing");
  REQUIRE_THROWS_WITH(assemble("task 0 thread=0 launch\ntask 0 thread=1 launch\nHALT", "p.txt"),
                      Contains("p.txt:2: task 0 stands twice"));
}
