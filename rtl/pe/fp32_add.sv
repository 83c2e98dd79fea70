// The sum of two terms as fp32, round to nearest even, subnormals kept, every NaN canonical.
module fp32_add
  import weft_pkg::*;
(
  input  logic enable_i,  // a simulator skips what is not asked for
  input  term_t a_i,
  input  term_t b_i,
  output logic [31:0] sum_o
);

  // The lesser operand's sign is not needed: the greater one's decides.
  /* verilator lint_off UNUSEDSIGNAL */
  term_t greater, lesser;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [8:0] distance, exponent;
  logic [26:0] aligned, kept;
  logic [27:0] total;
  logic [4:0] zeros, shift;
  logic a_is_greater, subtract, lost, round_up;
  logic [30:0] rounded;

  always_comb begin
    sum_o = '0;
    {greater, lesser} = '0;
    {distance, exponent} = '0;
    {aligned, kept} = '0;
    total = '0;
    {zeros, shift} = '0;
    {a_is_greater, subtract, lost, round_up} = '0;
    rounded = '0;
    if (enable_i) begin
      a_is_greater = {a_i.is_inf, a_i.exponent, a_i.significand} >= {b_i.is_inf, b_i.exponent, b_i.significand};
      greater = a_is_greater ? a_i : b_i;
      lesser = a_is_greater ? b_i : a_i;
      subtract = a_i.sign ^ b_i.sign;
      distance = greater.exponent - lesser.exponent;
      aligned = distance > 9'd26 ? 27'd0 : lesser.significand >> distance;
      lost = distance > 9'd26 ? lesser.significand != 27'd0 : (aligned << distance) != lesser.significand;
      aligned[0] = aligned[0] | lost;
      total = subtract ? {1'b0, greater.significand} - {1'b0, aligned} : {1'b0, greater.significand} + {1'b0, aligned};
      zeros = 5'd27;
      for (int unsigned bit_index = 0; bit_index < 27; bit_index++) if (total[bit_index]) zeros = 5'd26 - 5'(bit_index);
      shift = 9'(zeros) < greater.exponent ? zeros : 5'(greater.exponent - 9'd1);
      if (total[27]) begin
        kept = {total[27:2], total[1] | total[0]};
        exponent = greater.exponent + 9'd1;
      end else begin
        kept = total[26:0] << shift;
        exponent = kept[26] ? greater.exponent - 9'(shift) : 9'd0;
      end
      round_up = kept[2] && (kept[1] || kept[0] || kept[3]);
      rounded = {exponent[7:0], kept[25:3]} + 31'(round_up);

      if (a_i.is_nan || b_i.is_nan || (a_i.is_inf && b_i.is_inf && subtract)) begin
        sum_o = 32'h7fc0_0000;
      end else if (greater.is_inf || exponent > 9'd254) begin
        sum_o = {greater.sign, 8'hff, 23'd0};
      end else if (total == 28'd0) begin
        sum_o = {a_i.sign & b_i.sign, 31'd0};
      end else begin
        sum_o = {greater.sign, rounded};
      end
    end
  end

endmodule
