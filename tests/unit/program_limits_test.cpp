// Question: is every operand of every instruction held against the SRAM, the colors and the counts, at the gate?
#include <catch2/catch.hpp>

#include "hw/pe/instruction_text.h"
#include "hw/pe/program.h"
#include "tests/support/mini_machine.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;
using test::mini;

namespace {

// 5 elements (2 words apart), 3 scalars (8 words apart).
Instruction good(Opcode opcode) {
  Instruction i;
  i.opcode = opcode;
  i.count = 5, i.scalars = 3, i.row_stride = 8, i.element_stride = 2;
  if (opcode == Opcode::axpy || opcode == Opcode::axpy_keep || opcode == Opcode::outer || opcode == Opcode::store16 ||
      opcode == Opcode::store32 || opcode == Opcode::list16)
    i.fabric_in = 0;
  if (opcode == Opcode::axpy_memory || opcode == Opcode::outer_memory || opcode == Opcode::send16 ||
      opcode == Opcode::send32)
    i.fabric_out = 0;
  return i;
}

/// What comes in; alone it has nothing to send.
bool sends_on(const Instruction& i) { return i.opcode >= Opcode::add32 && i.opcode <= Opcode::max32; }

/// At the second place of a program, so that a loop can go back.
Program around(const Instruction& instruction) {
  Program program;
  Instruction call;
  call.opcode = Opcode::call;
  program.code = {call, instruction, {}};
  program.tasks = {Task{}};
  return program;
}

bool accepted(const Program& program) {
  try {
    validate(program, mini());
  } catch (const UsageError&) {
    return false;
  }
  return true;
}

bool accepted(const Instruction& instruction) { return accepted(around(instruction)); }

}  // namespace

TEST_CASE("an operand may end where the SRAM ends, an fp32 stands at an even word, a half anywhere") {
  struct Operand {
    Opcode opcode;
    std::uint16_t Instruction::*place;
    int words;
    bool pairs;
  };
  using I = Instruction;
  std::vector<Operand> operands = {{Opcode::axpy, &I::a, 10, true},         {Opcode::axpy, &I::b, 9, false},
                                   {Opcode::axpy_memory, &I::a, 10, true},  {Opcode::axpy_memory, &I::c, 3, false},
                                   {Opcode::drain, &I::a, 10, true},        {Opcode::drain, &I::b, 10, true},
                                   {Opcode::drain16, &I::a, 10, true},      {Opcode::drain16, &I::b, 5, false},
                                   {Opcode::store16, &I::a, 9, false},      {Opcode::store32, &I::a, 10, true},
                                   {Opcode::send16, &I::a, 9, false},       {Opcode::send32, &I::a, 10, true},
                                   {Opcode::relu16, &I::a, 5, false},       {Opcode::relu_back16, &I::a, 5, false},
                                   {Opcode::relu_back16, &I::b, 5, false},  {Opcode::fmac32, &I::a, 10, true},
                                   {Opcode::fmac32, &I::b, 26, true},       {Opcode::fmac32, &I::c, 6, true},
                                   {Opcode::fmac32_calls, &I::a, 10, true}, {Opcode::fmac32_calls, &I::b, 26, true},
                                   {Opcode::fmac32_calls, &I::c, 6, true},  {Opcode::outer, &I::a, 26, true},
                                   {Opcode::outer, &I::b, 9, false},        {Opcode::outer_memory, &I::a, 30, true},
                                   {Opcode::outer_memory, &I::b, 9, false}, {Opcode::outer_memory, &I::c, 3, false},
                                   {Opcode::to_half16, &I::a, 5, false},    {Opcode::to_half16, &I::b, 10, true},
                                   {Opcode::count32, &I::a, 10, true},      {Opcode::count32, &I::c, 2, true},
                                   {Opcode::xor_shift32, &I::a, 10, true},  {Opcode::mul_int32, &I::a, 10, true},
                                   {Opcode::mul_int32, &I::c, 2, true},     {Opcode::scale16, &I::a, 5, false},
                                   {Opcode::scale16, &I::c, 1, false},      {Opcode::zero_below16, &I::a, 5, false},
                                   {Opcode::zero_below16, &I::b, 10, true}, {Opcode::zero_below16, &I::c, 2, true},
                                   {Opcode::axpy_keep, &I::a, 10, true},    {Opcode::axpy_keep, &I::b, 9, false},
                                   {Opcode::axpy_keep, &I::c, 3, false},    {Opcode::horner32, &I::a, 10, true},
                                   {Opcode::horner32, &I::b, 26, true},     {Opcode::horner32, &I::c, 6, true},
                                   {Opcode::add_left32, &I::a, 10, true},   {Opcode::add_left32, &I::b, 10, true},
                                   {Opcode::add_right32, &I::a, 10, true},  {Opcode::add_right32, &I::b, 10, true},
                                   {Opcode::keep_equal32, &I::a, 30, true}, {Opcode::keep_equal32, &I::b, 9, false},
                                   {Opcode::keep_equal32, &I::c, 1, false}, {Opcode::zero_equal32, &I::a, 30, true},
                                   {Opcode::zero_equal32, &I::b, 9, false}, {Opcode::zero_equal32, &I::c, 1, false},
                                   {Opcode::list16, &I::a, 5, false},       {Opcode::move32, &I::a, 10, true},
                                   {Opcode::move32, &I::b, 10, true}};
  for (const Opcode opcode : {Opcode::add32, Opcode::sub32, Opcode::mul32, Opcode::max32}) {
    operands.push_back({opcode, &I::a, 14, true});
    operands.push_back({opcode, &I::b, 26, true});
  }
  const int words = static_cast<int>(mini().pe.sram_bytes / 2);
  for (const Operand& operand : operands) {
    Instruction i = good(operand.opcode);
    INFO(to_string(i));
    const auto at = [&](int place) {
      i.*operand.place = static_cast<std::uint16_t>(place);
      return accepted(i);
    };
    CHECK(at(0));
    CHECK(at(words - operand.words));
    CHECK(!at(words - operand.words + (operand.pairs ? 2 : 1)));
    CHECK(at(101) == !operand.pairs);
  }
}

TEST_CASE("over a list run AXPY, AXPYM and DRAIN to the fabric, and no others") {
  for (int number = 1; number < opcode_count; ++number) {
    Instruction i = good(static_cast<Opcode>(number));
    if (i.opcode == Opcode::loop) continue;
    INFO(text_of(i.opcode).name);
    i.listed = true;
    CHECK(accepted(i) == (i.opcode == Opcode::axpy || i.opcode == Opcode::axpy_memory));
    i.fabric_out = 1;
    if (i.opcode == Opcode::drain) CHECK(accepted(i));
  }
}

TEST_CASE("colors are those of the machine, and there where an instruction needs them") {
  for (int number = 1; number < opcode_count; ++number) {
    const OpcodeText& form = text_of(static_cast<Opcode>(number));
    const Instruction plain = good(static_cast<Opcode>(number));
    if (number == static_cast<int>(Opcode::loop)) continue;
    INFO(form.name);
    CHECK(accepted(plain));
    const auto check = [&](std::optional<std::uint8_t> Instruction::*color) {
      Instruction i = plain;
      i.*color = static_cast<std::uint8_t>(mini().router.colors - 1);
      CHECK(accepted(i));
      i.*color = static_cast<std::uint8_t>(mini().router.colors);
      CHECK(!accepted(i));
      i.*color = std::nullopt;
      // Scalars in memory need not be sent.
      CHECK(accepted(i) == (!(plain.*color) || i.opcode == Opcode::axpy_memory || i.opcode == Opcode::outer_memory));
    };
    if (form.takes) check(&Instruction::fabric_in);
    if (form.sends && !sends_on(plain)) check(&Instruction::fabric_out);
  }
  for (const Opcode opcode : {Opcode::add32, Opcode::sub32, Opcode::mul32, Opcode::max32}) {
    Instruction on = good(opcode);
    on.fabric_out = static_cast<std::uint8_t>(mini().router.colors - 1);
    CHECK(!accepted(on));
    on.fabric_in = 0;
    CHECK(accepted(on));
    on.close = true;
    CHECK(accepted(on));
    on.fabric_out = static_cast<std::uint8_t>(mini().router.colors);
    CHECK(!accepted(on));
    on.fabric_out.reset();
    CHECK(!accepted(on));
  }
  Instruction to_memory = good(Opcode::drain16);
  to_memory.fabric_out = 0;
  CHECK(!accepted(to_memory));
  Instruction closed = good(Opcode::drain);
  closed.close = true;
  CHECK(!accepted(closed));
  closed.fabric_out = 0;
  CHECK(accepted(closed));
}

TEST_CASE("counts, passes, loops, program and routes have their least and greatest") {
  for (const Opcode opcode :
       {Opcode::store16,     Opcode::store32,      Opcode::send16,       Opcode::send32,   Opcode::relu16,
        Opcode::relu_back16, Opcode::add32,        Opcode::sub32,        Opcode::mul32,    Opcode::max32,
        Opcode::fmac32,      Opcode::fmac32_calls, Opcode::to_half16,    Opcode::count32,  Opcode::xor_shift32,
        Opcode::mul_int32,   Opcode::scale16,      Opcode::zero_below16, Opcode::horner32, Opcode::add_left32,
        Opcode::add_right32, Opcode::keep_equal32, Opcode::zero_equal32, Opcode::move32}) {
    Instruction i = good(opcode);
    INFO(to_string(i));
    i.count = 1;
    CHECK(accepted(i));
    i.count = 0;
    CHECK(!accepted(i));
  }
  for (const Opcode opcode : {Opcode::outer, Opcode::outer_memory, Opcode::axpy_keep, Opcode::fmac32, Opcode::horner32,
                              Opcode::keep_equal32, Opcode::zero_equal32}) {
    Instruction none = good(opcode);
    none.scalars = 0;
    CHECK(!accepted(none));
  }
  Instruction shift = good(Opcode::xor_shift32);
  for (const int bits : {1, 31}) {
    shift.row_stride = static_cast<std::uint16_t>(bits);
    CHECK(accepted(shift));
  }
  for (const int bits : {0, 32}) {
    shift.row_stride = static_cast<std::uint16_t>(bits);
    CHECK(!accepted(shift));
  }
  for (const Opcode opcode : {Opcode::add_left32, Opcode::add_right32}) {
    Instruction placed = good(opcode);
    placed.row_stride = 31;
    CHECK(accepted(placed));
    placed.row_stride = 32;
    CHECK(!accepted(placed));
  }
  Instruction passes = good(Opcode::add32);
  passes.scalars = 0;
  CHECK(accepted(passes));
  passes.fabric_in = 0;
  CHECK(!accepted(passes));
  passes.scalars = 1;
  CHECK(accepted(passes));
  for (const Opcode opcode : {Opcode::axpy_memory, Opcode::outer_memory}) {
    Instruction local = good(opcode);
    local.fabric_out.reset();
    CHECK(accepted(local));
    local.close = true;
    CHECK(!accepted(local));
    local.close = false, local.scalars = 0;
    CHECK(!accepted(local));
  }
  for (const auto& [opcode, packed] : {std::pair{Opcode::send16, 5}, {Opcode::store16, 5}, {Opcode::send32, 10}}) {
    Instruction walk = good(opcode);
    walk.element_stride = 0;
    walk.a = static_cast<std::uint16_t>(mini().pe.sram_bytes / 2 - packed);
    CHECK(accepted(walk));
    ++walk.a;
    CHECK(!accepted(walk));
    walk.a = 0, walk.row_stride = walk.element_stride = 3;
    CHECK(accepted(walk) == (opcode != Opcode::send32));
  }
  for (const auto stride : {&Instruction::row_stride, &Instruction::element_stride}) {
    for (const Opcode opcode : {Opcode::fmac32, Opcode::horner32, Opcode::add32, Opcode::send32, Opcode::store32}) {
      Instruction odd = good(opcode);
      odd.*stride = 3;
      CHECK(!accepted(odd));
    }
  }
  Instruction empty = good(Opcode::axpy);
  empty.count = 0, empty.b = static_cast<std::uint16_t>(mini().pe.sram_bytes / 2);
  CHECK(accepted(empty));

  Instruction loop;
  loop.opcode = Opcode::loop;
  loop.count = 1, loop.counter = loop_counters - 1;
  CHECK(accepted(loop));
  loop.target = 1;
  CHECK(!accepted(loop));
  loop.target = 0, loop.counter = loop_counters;
  CHECK(!accepted(loop));
  loop.counter = 0, loop.count = 0;
  CHECK(!accepted(loop));

  Program program;
  program.code.resize(program_capacity);
  for (const int entry : {0, program_capacity - 1}) {
    program.tasks = {{Trigger::launch, 0, entry, 1}};
    CHECK(accepted(program));
  }
  for (const int entry : {-1, program_capacity}) {
    program.tasks = {{Trigger::launch, 0, entry, 1}};
    CHECK(!accepted(program));
  }
  program.tasks = {Task{}};
  program.code.emplace_back();
  CHECK(!accepted(program));
  CHECK(accepted(Program{}));

  const auto routed = [](int color, const Route& route) {
    Program only;
    only.routes[color] = route;
    return accepted(only);
  };
  const Route all = {{Port::north, (1U << port_count) - 1}};
  CHECK(routed(0, all));
  CHECK(routed(mini().router.colors - 1, Route(switch_positions)));
  CHECK(!routed(-1, all));
  CHECK(!routed(mini().router.colors, all));
  CHECK(!routed(0, {}));
  CHECK(!routed(0, Route(switch_positions + 1)));
  CHECK(!routed(0, {{Port::north, 1U << port_count}}));
}

TEST_CASE("the text of each instruction names all its fields") {
  const std::vector<std::string> texts = {"HALT",
                                          "LOOP count=1 target=7 counter=8",
                                          "AXPY acc=2 x=3 n=1 row=5 step=6 in=9",
                                          "AXPYM acc=2 x=3 n=1 row=5 step=6 scalars=4 m=10 in=9",
                                          "DRAIN acc=2 n=1 to=3 in=9",
                                          "STORE16 at=2 n=1 row=5 step=6 in=9",
                                          "STORE32 at=2 n=1 row=5 step=6 in=9",
                                          "SEND16 at=2 n=1 row=5 step=6 in=9",
                                          "SEND32 at=2 n=1 row=5 step=6 in=9",
                                          "RELU16 at=2 n=1 in=9",
                                          "RELU_BACK16 a=2 b=3 n=1 in=9",
                                          "ADD32 a=2 n=1 m=10 in=9",
                                          "SUB32 a=2 n=1 m=10 in=9",
                                          "MUL32 a=2 n=1 m=10 in=9",
                                          "MAX32 a=2 n=1 m=10 in=9",
                                          "FMAC32 acc=2 x=3 n=1 row=5 step=6 scalars=4 m=10 in=9",
                                          "FMAC32_CALLS acc=2 x=3 n=1 row=5 step=6 scalars=4 m=10 in=9",
                                          "CALL in=9",
                                          "DRAIN16 acc=2 n=1 to=3 in=9"};
  Instruction i;
  i.count = 1, i.a = 2, i.b = 3, i.c = 4, i.row_stride = 5, i.element_stride = 6, i.target = 7, i.counter = 8;
  i.scalars = 10;
  for (std::size_t number = 0; number < texts.size(); ++number) {
    i.opcode = static_cast<Opcode>(number);
    i.fabric_in = std::nullopt;
    if (number > 1) i.fabric_in = 9;
    CHECK(to_string(i) == texts[number]);
  }
  i = good(Opcode::send16);
  i.close = true, i.silent = true, i.advance = 2;
  CHECK(to_string(i) == "SEND16 at=0 n=5 row=8 step=2 out=0 advance=2 silent");
}
