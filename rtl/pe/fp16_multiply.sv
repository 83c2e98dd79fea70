// fp16 x fp16 as fp32: the product has at most 22 bits and an exponent that fp32 holds, so it is exact.
module fp16_multiply (
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  output logic [31:0] product_o
);

  // Value = significand * 2^(exponent - 24), significand below 2^11, for zero and subnormals too.
  function automatic logic [4:0] exponent_of(logic [4:0] field);
    return field == 5'd0 ? 5'd1 : field;
  endfunction

  logic sign, is_nan, is_inf, is_zero;
  logic [10:0] significand_a, significand_b;
  logic [21:0] raw;
  // The leading one is implied in the result.
  /* verilator lint_off UNUSEDSIGNAL */
  logic [21:0] normal;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [4:0] shift;
  logic [7:0] exponent;

  always_comb begin
    sign = a_i[15] ^ b_i[15];
    significand_a = {a_i[14:10] != 5'd0, a_i[9:0]};
    significand_b = {b_i[14:10] != 5'd0, b_i[9:0]};
    is_nan = (&a_i[14:10] && a_i[9:0] != 10'd0) || (&b_i[14:10] && b_i[9:0] != 10'd0) ||
             (&a_i[14:10] && b_i[14:0] == 15'd0) || (&b_i[14:10] && a_i[14:0] == 15'd0);
    is_inf = &a_i[14:10] || &b_i[14:10];
    is_zero = a_i[14:0] == 15'd0 || b_i[14:0] == 15'd0;
    raw = 22'(significand_a) * 22'(significand_b);
    shift = 5'd0;
    for (int unsigned bit_index = 0; bit_index < 22; bit_index++) if (raw[bit_index]) shift = 5'd21 - 5'(bit_index);
    normal = raw << shift;
    // raw = normal * 2^-shift, its top bit weighs 2^21: exponent field = ea + eb - 50 + 21 - shift + 127.
    exponent = 8'(exponent_of(a_i[14:10])) + 8'(exponent_of(b_i[14:10])) + 8'd98 - 8'(shift);
    if (is_nan) product_o = 32'h7fc0_0000;
    else if (is_inf) product_o = {sign, 8'hff, 23'd0};
    else if (is_zero) product_o = {sign, 31'd0};
    else product_o = {sign, exponent, normal[20:0], 2'b00};
  end

endmodule
