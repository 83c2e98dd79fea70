#include "hw/pe/instruction_text.h"

#include <fmt/format.h>

namespace weft::hw {

namespace {

using I = Instruction;

std::vector<InstructionField> vector_operation() {
  return {{"a", &I::a},
          {"b", &I::b, FieldUse::without_in},
          {"n", &I::count},
          {"row", &I::row_stride, FieldUse::may_without_in},
          {"step", &I::element_stride, FieldUse::may_without_in},
          {"m", &I::scalars, FieldUse::needed_with_in}};
}

std::vector<InstructionField> multiply_add() {
  return {
      {"acc", &I::a},     {"x", &I::b},      {"n", &I::count}, {"row", &I::row_stride}, {"step", &I::element_stride},
      {"scalars", &I::c}, {"m", &I::scalars}};
}

std::array<OpcodeText, opcode_count> make_table() {
  const std::vector<InstructionField> at = {{"at", &I::a}, {"n", &I::count}};
  std::vector<InstructionField> walked = at;
  walked.insert(walked.end(), {{"row", &I::row_stride, FieldUse::may}, {"step", &I::element_stride, FieldUse::may}});
  const std::vector<InstructionField> shifted = {
      {"a", &I::a}, {"b", &I::b}, {"n", &I::count}, {"shift", &I::row_stride}};
  const std::vector<InstructionField> compared = {
      {"a", &I::a}, {"b", &I::b},      {"n", &I::count}, {"row", &I::row_stride}, {"step", &I::element_stride},
      {"c", &I::c}, {"m", &I::scalars}};
  std::vector<InstructionField> axpy = multiply_add();
  axpy.resize(5);
  std::vector<InstructionField> keep = axpy;
  keep.insert(keep.end(), {{"keep", &I::c}, {"m", &I::scalars}});
  std::vector<InstructionField> outer = axpy;
  outer.push_back({"m", &I::scalars});
  return {{{"HALT", {}},
           {"LOOP", {{"count", &I::count}, {"target", &I::target}, {"counter", &I::counter}}},
           {"AXPY", axpy, true, false, false, true, true, false, true},
           {"AXPYM", multiply_add(), false, true, true, true, true, true, true},
           {"DRAIN",
            {{"acc", &I::a}, {"n", &I::count}, {"to", &I::b, FieldUse::without_out}},
            true,
            true,
            true,
            true,
            true,
            false,
            true},
           {"STORE16", walked, true},
           {"STORE32", walked, true},
           {"SEND16", walked, false, true, true},
           {"SEND32", walked, false, true, true},
           {"RELU16", at},
           {"RELU_BACK16", {{"a", &I::a}, {"b", &I::b}, {"n", &I::count}}},
           {"ADD32", vector_operation(), true, true, true},
           {"SUB32", vector_operation(), true, true, true},
           {"MUL32", vector_operation(), true, true, true},
           {"MAX32", vector_operation(), true, true, true},
           {"FMAC32", multiply_add()},
           {"FMAC32_CALLS", multiply_add()},
           {"CALL", {}},
           {"DRAIN16", {{"acc", &I::a}, {"n", &I::count}, {"to", &I::b}}, true, false, false, false, true, false, true},
           {"OUTER", outer, true, false, false, false, true},
           {"OUTERM", multiply_add(), false, true, true, false, true},
           {"TO_HALF16", {{"a", &I::a}, {"b", &I::b}, {"n", &I::count}}},
           {"COUNT32",
            {{"a", &I::a}, {"n", &I::count}, {"row", &I::row_stride}, {"step", &I::element_stride}, {"c", &I::c}}},
           {"XOR_SHIFT32", {{"a", &I::a}, {"n", &I::count}, {"shift", &I::row_stride}}},
           {"MUL_INT32", {{"a", &I::a}, {"n", &I::count}, {"c", &I::c}}},
           {"SCALE16", {{"a", &I::a}, {"n", &I::count}, {"c", &I::c}}},
           {"ZERO_BELOW16", {{"a", &I::a}, {"b", &I::b}, {"n", &I::count}, {"c", &I::c}}},
           {"AXPY_KEEP", keep, true, false, false, false, false, false, true},
           {"HORNER32", multiply_add()},
           {"ADD_LEFT32", shifted},
           {"ADD_RIGHT32", shifted},
           {"KEEP_EQUAL32", compared},
           {"ZERO_EQUAL32", compared},
           {"LIST16", at, true, false, false, false, true},
           {"MOVE32",
            {{"a", &I::a}, {"b", &I::b}, {"n", &I::count}, {"step", &I::element_stride}},
            false,
            false,
            false,
            false,
            true},
           {"WINDOW", {{"at", &I::a}}}}};
}

}  // namespace

bool InstructionField::used_by(const Instruction& instruction) const {
  switch (use) {
    case FieldUse::without_in:
    case FieldUse::may_without_in:
      return !instruction.fabric_in;
    case FieldUse::without_out:
      return !instruction.fabric_out;
    default:
      return true;
  }
}

bool InstructionField::needed_by(const Instruction& instruction) const {
  switch (use) {
    case FieldUse::may:
    case FieldUse::may_without_in:
      return false;
    case FieldUse::needed_with_in:
      return instruction.fabric_in.has_value();
    default:
      return used_by(instruction);
  }
}

const OpcodeText& text_of(Opcode opcode) {
  static const std::array<OpcodeText, opcode_count> table = make_table();
  return table.at(static_cast<std::size_t>(opcode));
}

std::string to_string(const Instruction& i) {
  const OpcodeText& form = text_of(i.opcode);
  std::string text = form.name;
  const auto add = [&text](const char* name, int value) { text += fmt::format(" {}={}", name, value); };
  for (const InstructionField& field : form.fields)
    if (field.needed_by(i) || (field.used_by(i) && i.*field.place != 0)) add(field.name, i.*field.place);
  if (i.fabric_in) add("in", *i.fabric_in);
  if (i.fabric_out) add("out", *i.fabric_out);
  if (i.close) {
    add("advance", i.advance);
    if (i.silent) text += " silent";
  }
  if (i.listed) text += " listed";
  if (i.windowed) text += " windowed";
  if (i.windowed_scalars) text += " windowed_scalars";
  if (i.half_sums) text += " half_sums";
  return text;
}

}  // namespace weft::hw
