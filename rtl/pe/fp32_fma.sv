// fp32 x fp32 + fp32, rounded once: round to nearest even, subnormals kept, every NaN canonical. The product (48 bits,
// exact) and the addend are both normalised to a leading one in bit 47, added with guard, round and sticky bit, and
// rounded where the result's exponent says.
module fp32_fma (
  input  logic enable_i,  // a simulator skips what is not asked for
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  input  logic [31:0] c_i,
  output logic [31:0] result_o
);

  typedef logic signed [11:0] exponent_t;  // of the leading one, biased as in fp32; below 1: subnormal

  localparam exponent_t NoExponent = -12'sd1000;  // of a zero: less than any other

  function automatic exponent_t exponent_of(logic [7:0] field);
    return field == 8'd0 ? 12'sd1 : exponent_t'({4'd0, field});
  endfunction

  function automatic logic [5:0] leading_zeros48(logic [47:0] value);
    leading_zeros48 = 6'd48;
    for (int unsigned index = 0; index < 48; index++) if (value[index]) leading_zeros48 = 6'd47 - 6'(index);
  endfunction

  logic is_nan, is_inf, sign_product, sign_greater, subtract, sign_inf, round_up, product_is_greater, lost;
  logic [23:0] significand_a, significand_b, significand_c;
  logic [22:0] kept;
  logic [47:0] product, addend, greater, lesser;
  logic [5:0] zeros_product, zeros_addend;
  exponent_t exponent_product, exponent_addend, exponent_greater, exponent;
  logic [11:0] distance, drop;
  logic [50:0] aligned, extended;
  logic [51:0] total;
  // The leading one is implied in the result.
  /* verilator lint_off UNUSEDSIGNAL */
  logic [51:0] normal, shifted;
  logic [5:0] zeros;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [30:0] rounded;

  always_comb begin
    result_o = '0;
    {is_nan, is_inf, sign_product, sign_greater, subtract, sign_inf, round_up, product_is_greater, lost} = '0;
    {significand_a, significand_b, significand_c} = '0;
    kept = '0;
    {product, addend, greater, lesser} = '0;
    {zeros_product, zeros_addend, zeros} = '0;
    {exponent_product, exponent_addend, exponent_greater, exponent} = '0;
    {distance, drop} = '0;
    {aligned, extended} = '0;
    {total, normal, shifted} = '0;
    rounded = '0;
    if (enable_i) begin
      sign_product = a_i[31] ^ b_i[31];
      is_nan = (&a_i[30:23] && a_i[22:0] != 23'd0) || (&b_i[30:23] && b_i[22:0] != 23'd0) ||
               (&c_i[30:23] && c_i[22:0] != 23'd0) || (&a_i[30:23] && b_i[30:0] == 31'd0) ||
               (&b_i[30:23] && a_i[30:0] == 31'd0) ||
               ((&a_i[30:23] || &b_i[30:23]) && &c_i[30:23] && sign_product != c_i[31]);
      is_inf = &a_i[30:23] || &b_i[30:23] || &c_i[30:23];
      sign_inf = &c_i[30:23] ? c_i[31] : sign_product;

      significand_a = {a_i[30:23] != 8'd0, a_i[22:0]};
      significand_b = {b_i[30:23] != 8'd0, b_i[22:0]};
      significand_c = {c_i[30:23] != 8'd0, c_i[22:0]};
      product = 48'(significand_a) * 48'(significand_b);
      addend = {significand_c, 24'd0};
      zeros_product = leading_zeros48(product);
      zeros_addend = leading_zeros48(addend);
      // Bit 46 of the raw product weighs 2^(ea + eb - 254), bit 47 one more.
      exponent_product = product == 48'd0 ? NoExponent :
          exponent_of(a_i[30:23]) + exponent_of(b_i[30:23]) - 12'sd126 - exponent_t'({6'd0, zeros_product});
      exponent_addend = addend == 48'd0 ? NoExponent :
          exponent_of(c_i[30:23]) - exponent_t'({6'd0, zeros_addend});
      product = product << zeros_product;
      addend = addend << zeros_addend;

      product_is_greater = exponent_product > exponent_addend ||
          (exponent_product == exponent_addend && product >= addend);
      greater = product_is_greater ? product : addend;
      lesser = product_is_greater ? addend : product;
      sign_greater = product_is_greater ? sign_product : c_i[31];
      exponent_greater = product_is_greater ? exponent_product : exponent_addend;
      distance = product_is_greater ? exponent_product - exponent_addend : exponent_addend - exponent_product;
      subtract = sign_product ^ c_i[31];
      extended = {lesser, 3'b000};
      aligned = distance > 12'd50 ? 51'd0 : extended >> distance;
      lost = distance > 12'd50 ? lesser != 48'd0 : (aligned << distance) != extended;
      aligned[0] = aligned[0] | lost;
      total = subtract ? {1'b0, greater, 3'b000} - {1'b0, aligned} : {1'b0, greater, 3'b000} + {1'b0, aligned};

      zeros = 6'd52;
      for (int unsigned index = 0; index < 52; index++) if (total[index]) zeros = 6'd51 - 6'(index);
      normal = total << zeros;
      exponent = exponent_greater + 12'sd1 - exponent_t'({6'd0, zeros});
      // Bits below the result's last one: 28, and more of a subnormal.
      drop = exponent >= 12'sd1 ? 12'd28 : exponent < -12'sd24 ? 12'd54 : 12'd29 - exponent;
      shifted = drop > 12'd51 ? 52'd0 : normal >> drop;
      kept = shifted[22:0];
      round_up = drop > 12'd52 ? 1'b0 : normal[6'(drop - 12'd1)];
      lost = drop > 12'd52 ? 1'b1 : (normal & ((52'd1 << (drop - 12'd1)) - 52'd1)) != 52'd0;
      round_up = round_up && (lost || kept[0]);
      // A carry out of the significand counts the exponent on; a subnormal's field is 0.
      rounded = {exponent >= 12'sd1 ? exponent[7:0] : 8'd0, kept} + 31'(round_up);

      if (is_nan) result_o = 32'h7fc0_0000;
      else if (is_inf) result_o = {sign_inf, 8'hff, 23'd0};
      else if (total == 52'd0) result_o = {sign_product & c_i[31], 31'd0};
      else if (exponent >= 12'sd255 || &rounded[30:23]) result_o = {sign_greater, 8'hff, 23'd0};
      else result_o = {sign_greater, rounded};
    end
  end

endmodule
