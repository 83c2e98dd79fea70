// One lane's arithmetic: what an instruction makes of the element in memory and its operand (memory or fabric).
module vector_lane
  import weft_pkg::*;
#(
  parameter bit WithAdder = 1'b1,       // AXPY, ADD32 and the like
  parameter bit WithMultiplier = 1'b1,  // 32 bits: MUL32, FMAC32, HORNER32, MUL_INT32
  parameter bit WithConverter = 1'b1,   // TO_HALF16, SCALE16
  parameter bit WithHalfSums = 1'b1     // AXPY with sums of halves
) (
  input  half_exponent_t exponent_bits_i,
  input  logic [5:0] opcode_i,
  input  logic half_sums_i,
  input  logic active_i,
  input  logic [31:0] element_i,
  input  logic [31:0] operand_i,
  input  logic [15:0] half_i,
  input  logic [31:0] scalar_i,
  input  logic [4:0] shift_i,
  output logic [31:0] result_o
);

  logic multiplies, element_first;
  // Of a half, whether it is a number, and its sign.
  /* verilator lint_off UNUSEDSIGNAL */
  half_t half;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [31:0] sum, product, whole_product, greater;

  assign half = half_of(exponent_bits_i, half_i);
  assign element_first = opcode_i == OpMul32 || opcode_i == OpHorner32;
  assign multiplies = active_i && (opcode_i == OpMul32 || is_fmac(opcode_i));

  if (WithAdder) begin : gen_adder
    logic mixed;
    logic [31:0] addend;
    assign mixed = is_axpy(opcode_i) || opcode_i == OpAxpyMemory || is_outer(opcode_i);
    assign addend = {operand_i[31] ^ (opcode_i == OpSub32), operand_i[30:0]};
    fmac u_fmac (
      .enable_i(active_i),
      .exponent_bits_i,
      .a_i(scalar_i[15:0]),
      .b_i(half_i),
      .use_addend_i(!mixed),
      .addend_i(addend),
      .accumulator_i(element_i),
      .sum_o(sum)
    );
  end else begin : gen_no_adder
    assign sum = '0;
  end

  if (WithMultiplier) begin : gen_multiplier
    assign whole_product = opcode_i == OpMulInt32 ? element_i * scalar_i : '0;
    logic [31:0] fma_addend;
    always_comb begin
      unique case (opcode_i)
        OpMul32: fma_addend = 32'h8000_0000;  // x + (-0) is x for every x
        OpHorner32: fma_addend = scalar_i;
        default: fma_addend = element_i;
      endcase
    end
    fp32_fma u_fma (
      .enable_i(multiplies),
      .a_i(element_first ? element_i : scalar_i),
      .b_i(operand_i),
      .c_i(fma_addend),
      .result_o(product)
    );
  end else begin : gen_none
    assign product = '0;
    assign whole_product = '0;
    // Only the multiplier asks these.
    logic unused_multiplier;
    assign unused_multiplier = multiplies ^ element_first ^ (^scalar_i[31:16]);
  end

  // A sum of halves, where it stays.
  logic [15:0] half_sum;
  if (WithHalfSums) begin : gen_half_sum
    round_to_half u_round (.exponent_bits_i, .value_i(term_of(sum)), .half_o(half_sum));
  end else begin : gen_no_half_sum
    assign half_sum = '0;
  end

  logic [15:0] rounded;
  if (WithConverter) begin : gen_converter
    term_t scaled;
    half_multiply u_scale (.exponent_bits_i, .a_i(half_i), .b_i(scalar_i[15:0]), .product_o(scaled));
    round_to_half u_convert (
      .exponent_bits_i,
      .value_i(opcode_i == OpScale16 ? scaled : term_of(operand_i)),
      .half_o(rounded)
    );
  end else begin : gen_no_converter
    assign rounded = '0;
  end

  // Bits in the order of their values: negative ones complemented, below the positive ones.
  function automatic logic [31:0] ordered(logic [31:0] bits);
    return bits[31] ? ~bits : {1'b1, bits[30:0]};
  endfunction

  always_comb begin
    greater = ordered(element_i) > ordered(operand_i) ? element_i : operand_i;
    if ((&element_i[30:23] && element_i[22:0] != 23'd0) || (&operand_i[30:23] && operand_i[22:0] != 23'd0)) begin
      greater = 32'h7fc0_0000;
    end
    unique case (opcode_i)
      OpMul32, OpFmac32, OpFmac32Calls, OpHorner32: result_o = product;
      OpMax32: result_o = greater;
      OpToHalf16, OpScale16: result_o = {16'd0, rounded};
      OpCount32: result_o = scalar_i;
      OpMove32: result_o = operand_i;
      OpXorShift32: result_o = element_i ^ (element_i >> shift_i);
      OpAddLeft32: result_o = element_i + (operand_i << shift_i);
      OpAddRight32: result_o = element_i + 32'($signed(operand_i) >>> shift_i);
      OpMulInt32: result_o = whole_product;
      OpRelu16: result_o = half.is_nan ? {16'd0, half_nan(exponent_bits_i)} : half.sign ? 32'd0 : {16'd0, half_i};
      OpReluBack16, OpZeroBelow16, OpKeepEqual32, OpZeroEqual32: result_o = 32'd0;
      OpAxpy, OpAxpyKeep, OpAxpyMemory: result_o = half_sums_i ? {16'd0, half_sum} : sum;
      default: result_o = sum;
    endcase
  end

endmodule
