// A half as the fp32 that it is; every NaN canonical.
module half_to_word
  import weft_pkg::*;
(
  input  half_exponent_t exponent_bits_i,
  input  logic [15:0] half_i,
  output logic [31:0] word_o
);

  half_t half;
  logic [3:0] zeros;  // before the leading one
  // The leading one is implied in the result.
  /* verilator lint_off UNUSEDSIGNAL */
  logic [10:0] normal;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [7:0] bias_difference;

  always_comb begin
    half = half_of(exponent_bits_i, half_i);
    zeros = 4'd11;
    for (int unsigned index = 0; index < 11; index++) if (half.significand[index]) zeros = 4'd10 - 4'(index);
    normal = half.significand << zeros;
    bias_difference = 8'(9'd128 - (9'd1 << (exponent_bits_i - 4'd1)));
    if (half.is_nan) word_o = 32'h7fc0_0000;
    else if (half.is_inf) word_o = {half.sign, 8'hff, 23'd0};
    else if (half.significand == '0) word_o = {half.sign, 31'd0};
    // Of fp32's exponents subnormals are the same.
    else if (bias_difference == '0 && !half.significand[10]) word_o = {half.sign, 8'd0, half.significand[9:0], 13'd0};
    else word_o = {half.sign, half.exponent + bias_difference - 8'(zeros), normal[9:0], 13'd0};
  end

endmodule
