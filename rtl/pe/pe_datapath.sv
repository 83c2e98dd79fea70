// What one slot of the core does to memory and to a wavelet: some elements of a vector, or one element of DRAIN, SEND,
// STORE or of an operation with the fabric. Combinational from the sequencer's step to the SRAM's write port.
module pe_datapath
  import weft_pkg::*;
#(
  parameter lane_spec_t Lanes = '0
) (
  input  logic clk_i,
  input  half_exponent_t exponent_bits_i,
  input  logic vector_i,
  input  logic stream_i,
  input  logic store_i,
  input  logic keep_i,  // the scalar of an AXPY, an index of a list
  input  sram_address_t keep_address_i,
  // What the fabric operands are is the sequencer's business.
  /* verilator lint_off UNUSEDSIGNAL */
  input  instruction_t instruction_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  lanes_t lanes_i,  // of the instruction
  input  logic [15:0] element_i,
  input  logic [15:0] pass_i,          // of counter 0
  input  logic [15:0] vector_index_i,  // of the instruction's vectors
  input  logic [33:0] element_base_i,  // word of element 0
  input  logic [15:0] stride_i,        // SEND, STORE: from element to element
  input  logic [33:0] sum_address_i,   // OUTER: of this slot's first accumulator
  input  logic [33:0] x_address_i,     // of this slot's first operand
  input  logic [15:0] x_stride_i,
  input  logic [15:0] list_at_i,       // listed: first word of the list
  input  logic [31:0] scalar_i,
  // The scalar in memory is read in the issue slot, in which no lane reads a vector.
  input  logic [33:0] scalar_address_i,
  output logic [31:0] scalar_o,
  output logic scalar_outside_o,  // and it may: the place of others' has been checked
  input  logic [31:0] data_i,    // of the wavelet taken in this slot
  output logic [31:0] result_o,  // of the element that goes to the fabric
  output logic out_of_range_o,
  input  logic host_write_i,
  input  sram_address_t host_address_i,
  input  logic [15:0] host_data_i,
  output logic [15:0] host_data_o
);

  localparam int unsigned AllLanes = 32'(all_lanes(Lanes));
  localparam int unsigned WideLanes = 32'(wide_lanes(Lanes));
  // DRAIN to memory writes two words: the sum, and zero to the accumulator.
  localparam int unsigned WritePorts = AllLanes < 2 ? 2 : AllLanes;

  logic walks, halves, relu, to_half, in_place, zero_below, is_drain, drain_half, outer, fmac, window;
  assign walks = sends_vector(instruction_i.opcode) || stores(instruction_i.opcode);
  assign relu = instruction_i.opcode == OpRelu16 || instruction_i.opcode == OpReluBack16;
  assign zero_below = instruction_i.opcode == OpZeroBelow16;
  assign to_half = instruction_i.opcode == OpToHalf16 || instruction_i.opcode == OpScale16 || zero_below;
  // The half is the element, not an operand.
  assign in_place = instruction_i.opcode == OpRelu16 || instruction_i.opcode == OpSend16 ||
                    (instruction_i.opcode == OpScale16 && vector_i);
  assign outer = is_outer(instruction_i.opcode);
  assign fmac = is_fmac(instruction_i.opcode);
  assign window = instruction_i.opcode == OpWindow;
  assign halves = relu || to_half || instruction_i.opcode == OpSend16 || instruction_i.half_sums;
  assign drain_half = instruction_i.opcode == OpDrain16;
  assign is_drain = drains(instruction_i.opcode);

  logic [AllLanes-1:0] enabled, outside, positive, kept;
  sram_address_t word_address[AllLanes], operand_address[AllLanes], half_address[AllLanes];
  logic [31:0] word[AllLanes], element[AllLanes], operand[AllLanes], result[AllLanes];
  logic [15:0] half[AllLanes];
  logic [WritePorts-1:0] write;
  sram_address_t write_address[WritePorts];
  logic [31:0] write_data[WritePorts];
  logic [WritePorts-1:0] write_half;
  logic [33:0] walk_address;
  logic [15:0] stored_half;

  for (genvar lane = 0; lane < AllLanes; lane++) begin : gen_lane
    logic [33:0] index, element_address, x_address, walked, read_address, list_address, wide_half_address;
    logic [15:0] listed;
    assign index = 34'(element_i) + 34'(lane);
    assign enabled[lane] = vector_i && 32'(lane) < 32'(lanes_i) && index < 34'(instruction_i.count);
    // One element a slot, some words apart: SEND and STORE.
    if (lane == 0) begin : gen_walk
      assign element_address = outer ? sum_address_i :
                               walks ? element_base_i + index * 34'(stride_i) :
                               element_base_i + (halves ? index : index << 1);
      assign walk_address = element_address;
    end else begin : gen_packed
      assign element_address = outer ? sum_address_i + 34'(lane) * (34'(instruction_i.scalars) << 1) :
                               element_base_i + (halves ? index : index << 1);
    end
    // A list is read where an AXPY has no operand of 32 bits.
    assign list_address = 34'(list_at_i) + index;
    assign listed = list_address[0] ? operand[lane][31:16] : operand[lane][15:0];
    assign walked = x_address_i + 34'(lane) * 34'(x_stride_i);
    assign x_address = instruction_i.listed ? x_address_i + 34'(listed) * 34'(x_stride_i) : walked;
    assign read_address = lane == 0 && !vector_i ? scalar_address_i :
                          instruction_i.listed ? list_address : walked;
    assign wide_half_address = in_place ? element_address :
                               lane == 0 && !vector_i ? scalar_address_i : x_address;
    assign outside[lane] = enabled[lane] && (x_address >= 34'(SramWords) || element_address >= 34'(SramWords));
    assign word_address[lane] = element_address < 34'(SramWords) ? element_address[14:0] : '0;
    assign operand_address[lane] = read_address < 34'(SramWords) ? read_address[14:0] : '0;
    assign half_address[lane] = wide_half_address < 34'(SramWords) ? wide_half_address[14:0] : '0;
    // Elements are words, or as operands of sums of halves as if they were.
    if (lane < 32'(Lanes.half_fmac)) begin : gen_half_sum
      logic [31:0] widened;
      half_to_word u_widen (
        .exponent_bits_i,
        .half_i(element_address[0] ? word[lane][31:16] : word[lane][15:0]),
        .word_o(widened)
      );
      assign element[lane] = instruction_i.half_sums ? widened : word[lane];
    end else begin : gen_word
      assign element[lane] = word[lane];
    end
    assign positive[lane] = !half[lane][15] && half[lane][14:0] != 15'd0 && {1'b0, half[lane][14:0]} <= half_infinity(exponent_bits_i);

    // What becomes of the element is decided by another one.
    always_comb begin
      unique case (instruction_i.opcode)
        OpReluBack16: kept[lane] = positive[lane];
        OpZeroBelow16: kept[lane] = operand[lane] >= scalar_i;
        OpKeepEqual32: kept[lane] = half[lane] == scalar_i[15:0];
        OpZeroEqual32: kept[lane] = half[lane] != scalar_i[15:0];
        default: kept[lane] = 1'b0;
      endcase
    end

    vector_lane #(
      .WithAdder(lane < 32'(adder_lanes(Lanes))),
      .WithMultiplier(lane < 32'(multiplier_lanes(Lanes))),
      .WithConverter(lane < 32'(Lanes.convert)),
      .WithHalfSums(lane < 32'(Lanes.half_fmac))
    ) u_lane (
      .exponent_bits_i,
      .opcode_i(instruction_i.opcode),
      .half_sums_i(instruction_i.half_sums),
      .active_i(stream_i || enabled[lane]),
      .element_i(element[lane]),
      .operand_i(stream_i ? data_i : operand[lane]),
      .half_i(half[lane]),
      .scalar_i(instruction_i.opcode == OpCount32 ? scalar_i + 32'(lane) * 32'(instruction_i.element_stride) : scalar_i),
      .shift_i(instruction_i.row_stride[4:0]),
      .result_o(result[lane])
    );
  end

  round_to_half u_convert (
    .exponent_bits_i,
    .value_i(term_of(stream_i ? result_o : data_i)),
    .half_o(stored_half)
  );

  assign out_of_range_o = |outside || ((walks || instruction_i.windowed) && walk_address >= 34'(SramWords)) ||
      (stream_i && is_drain && !instruction_i.has_out && drain_address >= 34'(SramWords));
  assign scalar_outside_o = (fmac || window || gives_scalars(instruction_i.opcode)) && scalar_address_i >= 34'(SramWords);

  always_comb begin
    unique case (instruction_i.opcode)
      OpFmac32, OpFmac32Calls, OpHorner32, OpZeroBelow16, OpMulInt32, OpWindow: scalar_o = operand[0];
      OpCount32: scalar_o = operand[0] + 32'(pass_i) * 32'(instruction_i.row_stride);
      OpKeepEqual32, OpZeroEqual32: scalar_o = {16'd0, half[0] + vector_index_i * instruction_i.row_stride};
      default: scalar_o = {16'd0, half[0]};
    endcase
  end

  always_comb begin
    result_o = instruction_i.has_in ? result[0] : element[0];
    if (instruction_i.opcode == OpSend16) result_o = {element_i, half[0]};
  end

  logic store_half;
  logic [33:0] drain_place, drain_address;
  assign store_half = instruction_i.opcode == OpStore16;
  assign drain_place = 34'(pass_i) * 34'(instruction_i.count) + 34'(element_i);
  assign drain_address = 34'(instruction_i.b) + (drain_half ? drain_place : drain_place << 1);

  always_comb begin
    write = '0;
    write_address = '{default: '0};
    write_data = '{default: '0};
    write_half = '0;
    for (int unsigned lane = 0; lane < AllLanes; lane++) begin
      write[lane] = enabled[lane] && !kept[lane];
      write_address[lane] = word_address[lane];
      write_data[lane] = result[lane];
      write_half[lane] = relu || to_half || instruction_i.half_sums;
    end
    if (stream_i) begin
      write[0] = is_drain || instruction_i.has_in;
      write_data[0] = is_drain ? 32'd0 : result[0];
      write_half[0] = instruction_i.half_sums;
      write[1] = is_drain && !instruction_i.has_out;
      write_address[1] = drain_address[14:0];
      write_data[1] = drain_half ? {16'd0, stored_half} : result_o;
      write_half[1] = drain_half;
    end
    if (keep_i) begin
      write[0] = 1'b1;
      write_address[0] = keep_address_i;
      write_data[0] = data_i;
      write_half[0] = 1'b1;
    end
    if (store_i) begin
      write[0] = 1'b1;
      write_address[0] = walk_address[14:0];
      write_data[0] = store_half ? {16'd0, stored_half} : data_i;
      write_half[0] = store_half;
    end
  end

  // validate() in hw/pe/program.cpp has checked these.
  logic unused_address;
  assign unused_address = |drain_address[33:15];

  sram #(.Lanes(AllLanes), .WideLanes(WideLanes), .WritePorts(WritePorts)) u_sram (
    .clk_i,
    .word_address_i(word_address),
    .word_o(word),
    .operand_address_i(operand_address),
    .operand_o(operand),
    .half_address_i(half_address),
    .half_o(half),
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
