// Where the vector of this slot's issue stands. AXPYM, OUTERM and FMAC32 take other scalars, FMAC32 and ZERO_BELOW16 other
// elements, OUTER another vector in each pass of counter 0; AXPY takes the vector that the wavelet's index names.
module operand_addresses
  import weft_pkg::*;
(
  // How many elements and which wavelets is the sequencer's business.
  /* verilator lint_off UNUSEDSIGNAL */
  input  instruction_t instruction_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [15:0] pass_i,   // of counter 0
  input  logic [15:0] vector_i, // scalar of AXPYM, OUTERM and FMAC32
  input  logic [15:0] index_i,  // of the wavelet at the head of the queue
  input  logic [15:0] kept_rounds_i,
  output logic [33:0] scalar_o,
  output logic [33:0] element_o,
  output logic [33:0] x_o,
  output logic [15:0] x_stride_o,
  output logic [33:0] keep_o,   // AXPY_KEEP: of the scalar
  output logic clash_o          // both sources in the same banks
);

  logic fmac, passes_move;
  logic [15:0] x_row;

  assign fmac = is_fmac(instruction_i.opcode);
  assign passes_move = fmac || instruction_i.opcode == OpZeroBelow16;
  assign scalar_o = 34'(instruction_i.c) +
      ((34'(pass_i) * 34'(instruction_i.scalars) + 34'(vector_i)) << fmac);
  assign element_o = 34'(instruction_i.a) +
      (passes_move ? (34'(pass_i) * 34'(instruction_i.count)) << fmac : 34'd0);
  assign x_o = 34'(instruction_i.b) + 34'(x_row) * 34'(instruction_i.row_stride);
  assign keep_o = 34'(instruction_i.c) + 34'(kept_rounds_i) * 34'(instruction_i.scalars) + 34'(index_i);
  assign clash_o = has_two_sources(instruction_i.opcode) && element_o[1:0] == x_o[1:0];

  always_comb begin
    x_row = vector_i;
    if (is_axpy(instruction_i.opcode)) x_row = index_i;
    else if (is_outer(instruction_i.opcode)) x_row = pass_i;
  end

  always_comb begin
    unique case (instruction_i.opcode)
      OpAxpy, OpAxpyKeep, OpAxpyMemory, OpOuter, OpOuterMemory, OpFmac32, OpFmac32Calls:
        x_stride_o = instruction_i.element_stride;
      OpRelu16, OpReluBack16, OpScale16: x_stride_o = 16'd1;
      default: x_stride_o = 16'd2;
    endcase
  end

endmodule
