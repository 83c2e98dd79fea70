// Where the vector of this slot's issue stands. AXPYM, OUTERM and FMAC32 take other scalars, FMAC32 and ZERO_BELOW16 other
// elements, OUTER another vector, SEND and STORE another place in each pass of counter 0; AXPY takes the vector that the wavelet's index names; the
// vectors of ADD32 and the like stand some words apart, those of KEEP_EQUAL32 behind each other.
module operand_addresses
  import weft_pkg::*;
(
  // How many elements and which wavelets is the sequencer's business.
  /* verilator lint_off UNUSEDSIGNAL */
  input  instruction_t instruction_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [15:0] pass_i,   // of counter 0
  input  logic [16:0] vector_i, // of this instruction; scalar of AXPYM, OUTERM and FMAC32
  input  logic [15:0] index_i,  // of the wavelet at the head of the queue
  input  logic [15:0] kept_rounds_i,
  input  logic [15:0] windows_i,  // that the task has taken
  input  words_t before_i,  // what the vector before it has written
  output place_t place_o,
  output logic waits_o  // for that
);

  logic fmac, passes_move;
  logic [15:0] x_row;
  logic [33:0] scalar_number, element_moves, scalar, element, x;
  logic [15:0] x_stride, stride;
  words_t written;

  assign fmac = is_fmac(instruction_i.opcode);
  assign passes_move = fmac || instruction_i.opcode == OpZeroBelow16;
  assign scalar_number = compares(instruction_i.opcode) ? 34'd0 :
                         34'(pass_i) * 34'(instruction_i.scalars) + 34'(vector_i);
  assign scalar = instruction_i.opcode == OpWindow ? 34'(instruction_i.a) + (34'(windows_i) << 1) :
                  34'(instruction_i.c) + (scalar_number << fmac);
  assign element = 34'(instruction_i.a) + element_moves;
  assign x = 34'(instruction_i.b) + 34'(x_row) * 34'(instruction_i.row_stride);
  assign place_o.scalar = scalar;
  assign place_o.element = element;
  assign place_o.x = x;
  assign place_o.x_stride = x_stride;
  assign place_o.keep = 34'(instruction_i.c) + 34'(kept_rounds_i) * 34'(instruction_i.scalars) + 34'(index_i);
  assign place_o.stride = stride;

  always_comb begin
    element_moves = '0;
    if (sends_vector(instruction_i.opcode) || stores(instruction_i.opcode)) begin
      element_moves = 34'(pass_i) * 34'(instruction_i.row_stride);
    end else if (passes_move) element_moves = (34'(pass_i) * 34'(instruction_i.count)) << fmac;
    else if (compares(instruction_i.opcode)) element_moves = (34'(vector_i) * 34'(instruction_i.count)) << 1;
    else if (combines(instruction_i.opcode)) element_moves = 34'(vector_i) * 34'(instruction_i.element_stride);
  end

  always_comb begin
    stride = has_halves(instruction_i.opcode, instruction_i.half_sums) ? 16'd1 : 16'd2;
    if ((sends_vector(instruction_i.opcode) || stores(instruction_i.opcode)) && instruction_i.element_stride != '0) begin
      stride = instruction_i.element_stride;
    end
  end

  always_comb begin
    x_row = compares(instruction_i.opcode) ? '0 : vector_i[15:0];
    if (is_axpy(instruction_i.opcode)) x_row = index_i;
    else if (is_outer(instruction_i.opcode)) x_row = pass_i;
  end

  always_comb begin
    unique case (instruction_i.opcode)
      OpAxpy, OpAxpyKeep, OpAxpyMemory, OpOuter, OpOuterMemory, OpFmac32, OpFmac32Calls, OpHorner32,
      OpKeepEqual32, OpZeroEqual32, OpMove32:
        x_stride = instruction_i.element_stride;
      OpRelu16, OpReluBack16, OpScale16: x_stride = 16'd1;
      default: x_stride = 16'd2;
    endcase
  end

  vector_words u_words (
    .instruction_i,
    .pass_i,
    .element_i(element),
    .x_i(x),
    .x_stride_i(x_stride),
    .stride_i(stride),
    .scalar_i(scalar),
    .before_i,
    .written_o(written),
    .waits_o
  );
  assign place_o.written = written;
  assign place_o.writes = written.first != written.behind;

endmodule
