// 48 kB in 8 banks; successive 16-bit words fall in successive banks. Reads are combinational, writes happen at the
// clock. Each bank has a port per access: what a clash costs, the sequencer waits.
module sram
  import weft_pkg::*;
#(
  parameter int unsigned Lanes = 2,
  parameter int unsigned WideLanes = 2,  // those that read 32 bits
  parameter int unsigned WritePorts = 2
) (
  input  logic clk_i,
  input  sram_address_t word_address_i[Lanes],
  output logic [31:0] word_o[Lanes],
  input  sram_address_t operand_address_i[Lanes],
  output logic [31:0] operand_o[Lanes],
  input  sram_address_t half_address_i[Lanes],
  output logic [15:0] half_o[Lanes],
  input  logic [WritePorts-1:0] write_i,
  input  logic [WritePorts-1:0] write_half_i,
  input  sram_address_t write_address_i[WritePorts],
  input  logic [31:0] write_data_i[WritePorts],
  // While the core stands still.
  input  logic host_write_i,
  input  sram_address_t host_address_i,
  input  logic [15:0] host_data_i,
  output logic [15:0] host_data_o
);

  // Public: a test bench loads and reads whole memories behind the host port's back (a test holds both ways equal).
  logic [15:0] bank_q[Banks][BankRows]  /* verilator public_flat_rw */;

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_read
    sram_address_t half;
    assign half = half_address_i[lane];
    assign half_o[lane] = bank_q[half[2:0]][half[14:3]];
    if (lane < WideLanes) begin : gen_wide
      sram_address_t low, high, operand_low, operand_high;
      assign low = {word_address_i[lane][14:1], 1'b0};
      assign high = {word_address_i[lane][14:1], 1'b1};
      assign word_o[lane] = {bank_q[high[2:0]][high[14:3]], bank_q[low[2:0]][low[14:3]]};
      assign operand_low = {operand_address_i[lane][14:1], 1'b0};
      assign operand_high = {operand_address_i[lane][14:1], 1'b1};
      assign operand_o[lane] = {bank_q[operand_high[2:0]][operand_high[14:3]], bank_q[operand_low[2:0]][operand_low[14:3]]};
      // Words are even.
      logic unused_bit;
      assign unused_bit = word_address_i[lane][0] ^ operand_address_i[lane][0];
    end else begin : gen_half
      assign word_o[lane] = '0;
      assign operand_o[lane] = '0;
      logic unused_address;
      assign unused_address = ^{word_address_i[lane], operand_address_i[lane]};
    end
  end
  assign host_data_o = bank_q[host_address_i[2:0]][host_address_i[14:3]];

  always_ff @(posedge clk_i) begin
    for (int unsigned port = 0; port < WritePorts; port++) begin
      if (write_i[port]) begin
        bank_q[write_address_i[port][2:0]][write_address_i[port][14:3]] <= write_data_i[port][15:0];
        if (!write_half_i[port]) begin
          bank_q[write_address_i[port][2:0]|3'd1][write_address_i[port][14:3]] <= write_data_i[port][31:16];
        end
      end
    end
    if (host_write_i) bank_q[host_address_i[2:0]][host_address_i[14:3]] <= host_data_i;
  end

endmodule
