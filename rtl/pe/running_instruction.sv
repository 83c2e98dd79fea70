// An instruction as a thread runs it: listed, with the length of its list; windowed, over the elements of its window,
// with addresses modulo 2^16 (hw/pe/pe_window.cpp is the definition).
module running_instruction
  import weft_pkg::*;
(
  input  instruction_t written_i,
  input  logic [15:0] list_count_i,
  // How many windows it has taken is the sequencer's business.
  /* verilator lint_off UNUSEDSIGNAL */
  input  window_t window_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [15:0] pass_i,    // of counter 0
  input  logic [15:0] vector_i,  // of the instruction's vectors
  output instruction_t running_o,
  output logic [15:0] pass_o,    // as far as it moves the instruction
  output logic [16:0] vector_o,  // AXPYM: which of its scalars
  output logic [15:0] vectors_o  // in all
);

  logic [15:0] sums, x;  // words that they begin further on

  always_comb begin
    sums = written_i.half_sums ? window_i.first : window_i.first << 1;
    x = window_i.first * written_i.element_stride;
    unique case (written_i.opcode)
      OpList16: begin
        sums = window_i.first;
        x = '0;
      end
      OpOuter, OpOuterMemory: sums = (window_i.first << 1) * written_i.scalars;
      OpDrain: x = written_i.has_out ? '0 : window_i.stored << 1;
      OpDrain16: x = window_i.stored;
      OpMove32: x = window_i.stored * written_i.element_stride;
      default: ;
    endcase
  end

  always_comb begin
    running_o = written_i;
    if (written_i.listed) running_o.count = list_count_i;
    if (written_i.windowed) begin
      running_o.count = window_i.count;
      running_o.a = written_i.a + sums;
      running_o.b = written_i.b + x;
    end
  end

  assign pass_o = written_i.windowed && drains(written_i.opcode) ? '0 : pass_i;
  assign vector_o = 17'(vector_i) + (written_i.windowed_scalars ? 17'(window_i.first) : 17'd0);
  assign vectors_o = written_i.windowed_scalars ? window_i.count : written_i.scalars;

endmodule
