// Which words the vector of this slot's issue reads and writes, as far as that is known then: ranges, whatever the stride
// inside them (hw/pe/vector_words.cpp is the definition, rtl/ISA.md says it in words). Does it wait for the one before it?
module vector_words
  import weft_pkg::*;
(
  // How many cycles and which wavelets is the sequencer's business.
  /* verilator lint_off UNUSEDSIGNAL */
  input  instruction_t instruction_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [15:0] pass_i,  // of counter 0
  input  logic [33:0] element_i,
  input  logic [33:0] x_i,
  input  logic [15:0] x_stride_i,
  input  logic [15:0] stride_i,  // SEND: from element to element
  input  logic [33:0] scalar_i,
  input  words_t before_i,  // what the vector before it has written
  output words_t written_o,
  output logic waits_o
);

  logic empty, half_x, to_memory;
  logic [33:0] count, elements, pass_elements;
  words_t own, x, scalar, stored;

  assign empty = instruction_i.count == '0;
  assign count = 34'(instruction_i.count);
  assign elements = instruction_i.listed && empty ? 34'd1 :
                    is_outer(instruction_i.opcode) ? count * 34'(instruction_i.scalars) : count;
  assign own.first = element_i;
  always_comb begin
    own.behind = element_i + (has_halves(instruction_i.opcode, instruction_i.half_sums) ? elements : elements << 1);
    if (sends_vector(instruction_i.opcode)) begin
      own.behind = element_i + (count - 34'd1) * 34'(stride_i) + (has_halves(instruction_i.opcode, instruction_i.half_sums) ? 34'd1 : 34'd2);
    end
  end

  always_comb begin
    unique case (instruction_i.opcode)
      OpAxpy, OpAxpyKeep, OpAxpyMemory, OpOuter, OpOuterMemory, OpReluBack16, OpKeepEqual32, OpZeroEqual32: half_x = 1'b1;
      default: half_x = 1'b0;
    endcase
  end

  always_comb begin
    x.first = x_i;
    x.behind = empty ? x_i : x_i + (count - 34'd1) * 34'(x_stride_i) + (half_x ? 34'd1 : 34'd2);
    unique case (instruction_i.opcode)
      OpAxpy, OpAxpyKeep, OpAxpyMemory, OpOuter, OpOuterMemory, OpReluBack16, OpToHalf16, OpZeroBelow16, OpFmac32,
      OpFmac32Calls, OpHorner32, OpAddLeft32, OpAddRight32, OpKeepEqual32, OpZeroEqual32, OpMove32: ;
      default: if (!combines(instruction_i.opcode) || instruction_i.has_in) x.behind = x_i;
    endcase
  end

  always_comb begin
    scalar.first = scalar_i;
    unique case (instruction_i.opcode)
      OpAxpyMemory, OpOuterMemory, OpScale16, OpKeepEqual32, OpZeroEqual32: scalar.behind = scalar_i + 34'd1;
      OpFmac32, OpFmac32Calls, OpHorner32, OpCount32, OpMulInt32, OpZeroBelow16: scalar.behind = scalar_i + 34'd2;
      default: scalar.behind = scalar_i;
    endcase
  end

  // DRAIN to memory writes two vectors: all between them counts.
  assign to_memory = drains(instruction_i.opcode) && !instruction_i.has_out && !empty;
  assign pass_elements = 34'(pass_i) * count;
  always_comb begin
    if (instruction_i.opcode == OpDrain16) begin
      stored.first = 34'(instruction_i.b) + pass_elements;
      stored.behind = stored.first + count;
    end else begin
      stored.first = 34'(instruction_i.b) + (pass_elements << 1);
      stored.behind = stored.first + (count << 1);
    end
  end

  always_comb begin
    written_o = own;
    if (sends_vector(instruction_i.opcode)) written_o.behind = own.first;
    if (to_memory) begin
      if (stored.first < own.first) written_o.first = stored.first;
      if (stored.behind > own.behind) written_o.behind = stored.behind;
    end
  end

  assign waits_o = instruction_i.listed || meet(x, before_i) || meet(scalar, before_i) ||
                   (instruction_i.opcode != OpCount32 && instruction_i.opcode != OpToHalf16 &&
                    instruction_i.opcode != OpMove32 && meet(own, before_i));

endmodule
