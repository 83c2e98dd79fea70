// What holds at the ports of a PE's memory in every cycle.
module sram_assertions
  import weft_pkg::*;
#(
  parameter int unsigned Lanes = 2,
  parameter int unsigned WritePorts = 2
) (
  input logic clk_i,
  input sram_address_t word_address_i[Lanes],
  input sram_address_t operand_address_i[Lanes],
  input sram_address_t half_address_i[Lanes],
  input logic [WritePorts-1:0] write_i,
  input logic [WritePorts-1:0] write_half_i,
  input sram_address_t write_address_i[WritePorts],
  input logic host_write_i,
  input sram_address_t host_address_i
);

  function automatic logic outside(sram_address_t address);
    return 32'(address) >= SramWords;
  endfunction

  logic reads_outside, writes_outside, odd_word, same_word;

  always_comb begin
    reads_outside = 1'b0;
    writes_outside = host_write_i && outside(host_address_i);
    odd_word = 1'b0;
    same_word = 1'b0;
    for (int unsigned lane = 0; lane < Lanes; lane++) begin
      reads_outside |= outside(word_address_i[lane]) || outside(operand_address_i[lane]) ||
          outside(half_address_i[lane]);
    end
    for (int unsigned port = 0; port < WritePorts; port++) begin
      if (write_i[port]) begin
        writes_outside |= outside(write_address_i[port]);
        odd_word |= !write_half_i[port] && write_address_i[port][0];
        for (int unsigned other = 0; other < port; other++) begin
          same_word |= write_i[other] && write_address_i[other][14:1] == write_address_i[port][14:1] &&
              (!write_half_i[other] || !write_half_i[port] || write_address_i[other][0] == write_address_i[port][0]);
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    reads_inside: assert (!reads_outside);
    writes_inside: assert (!writes_outside);
    words_are_even: assert (!odd_word);
    one_writer_of_a_word: assert (!same_word);
    host_writes_alone: assert (!host_write_i || write_i == '0);
  end

endmodule

bind sram sram_assertions #(.Lanes(Lanes), .WritePorts(WritePorts)) u_assertions (
  .clk_i, .word_address_i, .operand_address_i, .half_address_i, .write_i, .write_half_i, .write_address_i,
  .host_write_i, .host_address_i
);
