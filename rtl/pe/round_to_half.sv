// A term to a half: round to nearest even, subnormals kept, overflow to infinity, every NaN canonical.
module round_to_half
  import weft_pkg::*;
(
  input  half_exponent_t exponent_bits_i,
  input  term_t value_i,
  output logic [15:0] half_o
);

  logic [8:0] least, below, exponent;  // of the smallest normal half, biased as in fp32; how far below it
  logic [9:0] drop;
  logic [10:0] kept;
  logic [26:0] last;  // bit that is dropped
  logic guard, lost;
  logic [3:0] fraction_bits;
  logic [19:0] infinity, size;

  always_comb begin
    fraction_bits = 4'd15 - exponent_bits_i;
    infinity = 20'(half_infinity(exponent_bits_i));
    least = 9'd129 - (9'd1 << (exponent_bits_i - 4'd1));
    below = value_i.exponent < least ? least - value_i.exponent : 9'd0;
    exponent = value_i.exponent < least ? 9'd0 : value_i.exponent - least;
    // Of 27 bits a normal half keeps its fraction and the leading one; a subnormal one less for each step below.
    drop = 10'd26 - 10'(fraction_bits) + 10'(below);
    kept = 11'(value_i.significand >> drop);
    last = 27'd1 << (drop - 10'd1);
    guard = (value_i.significand & last) != '0;
    lost = (value_i.significand & (last - 27'd1)) != '0;
    // The leading one counts the exponent on, and so does a carry out of the fraction.
    size = (20'(exponent) << fraction_bits) + 20'(kept) + 20'(guard && (lost || kept[0]));
    if (value_i.is_nan) half_o = half_nan(exponent_bits_i);
    else if (value_i.is_inf || size > infinity) half_o = {value_i.sign, infinity[14:0]};
    else half_o = {value_i.sign, size[14:0]};
  end

endmodule
