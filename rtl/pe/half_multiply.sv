// half x half as a term of a sum. The product has at most 22 bits and is exact, but where fp32's exponents end below:
// there, and only products of halves with 8 bits of exponent come there, the sticky bit has what is lost.
module half_multiply
  import weft_pkg::*;
(
  input  half_exponent_t exponent_bits_i,
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  output term_t product_o
);

  half_t a, b;
  logic [21:0] raw, normal;
  logic [4:0] zeros;
  logic signed [10:0] exponent;
  logic [10:0] drop;
  logic [26:0] significand, kept;

  always_comb begin
    a = half_of(exponent_bits_i, a_i);
    b = half_of(exponent_bits_i, b_i);
    raw = 22'(a.significand) * 22'(b.significand);
    zeros = 5'd0;
    for (int unsigned index = 0; index < 22; index++) if (raw[index]) zeros = 5'd21 - 5'(index);
    normal = raw << zeros;
    // Of the leading one, biased as in fp32: exponents of halves are biased by 2^(bits - 1) - 1 each.
    exponent = $signed(11'(a.exponent)) + $signed(11'(b.exponent)) + 11'sd130 - $signed(11'd1 << exponent_bits_i) -
               $signed(11'(zeros));
    significand = {normal, 5'd0};
    drop = exponent < 11'sd1 ? 11'(11'sd1 - exponent) : 11'd0;
    kept = significand >> drop;
    product_o.sign = a.sign ^ b.sign;
    product_o.is_nan = a.is_nan || b.is_nan || (a.is_inf && b.significand == '0) || (b.is_inf && a.significand == '0);
    product_o.is_inf = a.is_inf || b.is_inf;
    product_o.exponent = raw == '0 || exponent < 11'sd1 ? 9'd1 : exponent[8:0];
    product_o.significand = kept;
    product_o.significand[0] = kept[0] || (kept << drop) != significand;
  end

endmodule
