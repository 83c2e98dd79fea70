// What one slot of the core does to memory and to a wavelet: `Lanes` elements of an AXPY, or one element of DRAIN or
// STORE. Combinational from the sequencer's step to the SRAM's write port.
module pe_datapath
  import weft_pkg::*;
#(
  parameter int unsigned Lanes = 2
) (
  input  logic clk_i,
  input  logic axpy_i,
  input  logic drain_i,
  input  logic store_i,
  // What the fabric operands are is the sequencer's business.
  /* verilator lint_off UNUSEDSIGNAL */
  input  instruction_t instruction_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [15:0] element_i,
  input  logic [15:0] pass_i,         // of counter 0
  input  logic [33:0] x_address_i,
  input  logic [15:0] scalar_i,
  // AXPYM's scalar is read in its issue slot, in which no lane reads a vector.
  input  logic [33:0] scalar_address_i,
  output logic [15:0] scalar_o,
  output logic scalar_outside_o,
  input  logic [31:0] data_i,         // of the wavelet taken in this slot
  output logic [31:0] result_o,       // of a DRAIN's element
  output logic out_of_range_o,
  input  logic host_write_i,
  input  sram_address_t host_address_i,
  input  logic [15:0] host_data_i,
  output logic [15:0] host_data_o
);

  // DRAIN to memory writes two words: the sum, and zero to the accumulator.
  localparam int unsigned WritePorts = Lanes < 2 ? 2 : Lanes;

  logic [Lanes-1:0] enabled, outside;
  logic [33:0] x_address[Lanes], accumulator_address[Lanes];
  sram_address_t word_address[Lanes], half_address[Lanes];
  logic [31:0] accumulator[Lanes], sum[Lanes];
  logic [15:0] x[Lanes];
  logic [WritePorts-1:0] write;
  sram_address_t write_address[WritePorts];
  logic [31:0] write_data[WritePorts];
  logic [WritePorts-1:0] write_half;
  logic [15:0] stored_half;

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    assign enabled[lane] = axpy_i && 17'(element_i) + 17'(lane) < 17'(instruction_i.count);
    assign x_address[lane] = x_address_i + 34'(lane) * 34'(instruction_i.element_stride);
    assign accumulator_address[lane] = 34'(instruction_i.a) + ((34'(element_i) + 34'(lane)) << 1);
    assign outside[lane] = enabled[lane] && x_address[lane] >= 34'(SramWords);
    assign word_address[lane] = accumulator_address[lane][14:0];
    logic [33:0] read_address;
    assign read_address = lane == 0 && !axpy_i ? scalar_address_i : x_address[lane];
    assign half_address[lane] = read_address < 34'(SramWords) ? read_address[14:0] : '0;
    // validate() in hw/pe/program.h has checked accumulators.
    logic unused_address;
    assign unused_address = |accumulator_address[lane][33:15];

    fmac u_fmac (
      .a_i(scalar_i),
      .b_i(x[lane]),
      .use_addend_i(drain_i),
      .addend_i(data_i),
      .accumulator_i(accumulator[lane]),
      .sum_o(sum[lane])
    );
  end

  fp32_to_fp16 u_convert (.value_i(drain_i ? result_o : data_i), .half_o(stored_half));

  assign out_of_range_o = |outside || (drain_i && !instruction_i.has_out && drain_address >= 34'(SramWords));
  assign scalar_outside_o = scalar_address_i >= 34'(SramWords);
  assign scalar_o = x[0];
  assign result_o = instruction_i.has_in ? sum[0] : accumulator[0];

  logic store_half, drain_half;
  logic [16:0] store_offset, store_address;
  logic [33:0] drain_place, drain_address;
  assign store_half = instruction_i.opcode == OpStore16;
  assign store_offset = store_half ? 17'(element_i) : {element_i, 1'b0};
  assign store_address = 17'(instruction_i.a) + store_offset;
  assign drain_half = instruction_i.opcode == OpDrain16;
  assign drain_place = 34'(pass_i) * 34'(instruction_i.count) + 34'(element_i);
  assign drain_address = 34'(instruction_i.b) + (drain_half ? drain_place : drain_place << 1);

  always_comb begin
    write = '0;
    write_address = '{default: '0};
    write_data = '{default: '0};
    write_half = '0;
    for (int unsigned lane = 0; lane < Lanes; lane++) begin
      write[lane] = enabled[lane];
      write_address[lane] = word_address[lane];
      write_data[lane] = sum[lane];
    end
    if (drain_i) begin
      write[0] = 1'b1;
      write_data[0] = 32'd0;
      write[1] = !instruction_i.has_out;
      write_address[1] = drain_address[14:0];
      write_data[1] = drain_half ? {16'd0, stored_half} : result_o;
      write_half[1] = drain_half;
    end
    if (store_i) begin
      write[0] = 1'b1;
      write_address[0] = store_address[14:0];
      write_data[0] = store_half ? {16'd0, stored_half} : data_i;
      write_half[0] = store_half;
    end
  end

  // validate() has checked these too.
  logic unused_address;
  assign unused_address = |{store_address[16:15], drain_address[33:15]};

  sram #(.Lanes(Lanes), .WritePorts(WritePorts)) u_sram (
    .clk_i,
    .word_address_i(word_address),
    .word_o(accumulator),
    .half_address_i(half_address),
    .half_o(x),
    .write_i(write),
    .write_half_i(write_half),
    .write_address_i(write_address),
    .write_data_i(write_data),
    .host_write_i,
    .host_address_i,
    .host_data_i,
    .host_data_o
  );

endmodule
