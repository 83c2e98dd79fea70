// One PE: core, router, and the ramp between them. Links are registered on neither side: what is driven in a cycle is
// taken at its end, and no output depends on an input of the same cycle, so tiles can be joined wire to wire.
//
// Host port (rtl/ISA.md has the map): one 32-bit register or one word of SRAM a cycle, while the core stands still.
module pe_tile
  import weft_pkg::*;
#(
  parameter int unsigned Lanes = 2,  // AXPY
  parameter int unsigned HalfFmacLanes = 4,  // with sums of halves
  parameter int unsigned AddLanes = 2,
  parameter int unsigned MultiplyLanes = 1,
  parameter int unsigned MaxLanes = 1,
  parameter int unsigned HalfMaxLanes = 1,
  parameter int unsigned FmacLanes = 1,
  parameter int unsigned ConvertLanes = 1,
  parameter int unsigned IntegerLanes = 4,
  parameter int unsigned LinkQueue = 4,
  parameter int unsigned InputQueue = 6,
  parameter int unsigned OutputQueue = 6,
  parameter int unsigned RampCycles = 2,
  parameter int unsigned IssueCycles = 1,
  parameter int unsigned FillCycles = 2,
  parameter int unsigned ScalarCycles = 1,
  parameter int unsigned ControlCycles = 1,
  parameter int unsigned CallCycles = 30,
  parameter int unsigned DispatchCycles = 4
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  wavelet_t link_i[Links],
  output color_set_t link_room_o[Links],
  output wavelet_t link_o[Links],
  input  color_set_t link_room_i[Links],
  input  logic host_write_i,
  input  logic [15:0] host_address_i,
  input  logic [31:0] host_data_i,
  output logic [31:0] host_data_o,
  output logic [Threads-1:0] running_o,
  output color_set_t waiting_o,
  output logic fault_o,
  output probe_t probe_o
);

  localparam lane_spec_t LaneSpec = '{
    mixed: lanes_t'(Lanes),
    half_fmac: lanes_t'(HalfFmacLanes),
    add: lanes_t'(AddLanes),
    multiply: lanes_t'(MultiplyLanes),
    max: lanes_t'(MaxLanes),
    half_max: lanes_t'(HalfMaxLanes),
    fmac: lanes_t'(FmacLanes),
    convert: lanes_t'(ConvertLanes),
    integers: lanes_t'(IntegerLanes)
  };

  // Host map: the upper four bits of the address.
  localparam logic [3:0] MapCode = 4'h8;
  localparam logic [3:0] MapRoute = 4'h9;
  localparam logic [3:0] MapLaunch = 4'ha;
  localparam logic [3:0] MapTask = 4'hb;
  localparam logic [3:0] MapFormat = 4'hc;

  logic memory_write, code_write, route_write, task_write, launch;
  assign memory_write = host_write_i && !host_address_i[15];
  assign code_write = host_write_i && host_address_i[15:12] == MapCode;
  assign route_write = host_write_i && host_address_i[15:12] == MapRoute;
  assign launch = host_write_i && host_address_i[15:12] == MapLaunch;
  assign task_write = host_write_i && host_address_i[15:12] == MapTask;

  half_exponent_t exponent_bits_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) exponent_bits_q <= 4'd5;
    else if (host_write_i && host_address_i[15:12] == MapFormat) exponent_bits_q <= host_data_i[3:0];
  end

  logic [15:0] memory_data;

  always_comb begin
    unique case (host_address_i)
      16'hf000: host_data_o = 32'(Lanes);
      16'hf001: host_data_o = 32'(LinkQueue);
      16'hf002: host_data_o = 32'(InputQueue);
      16'hf003: host_data_o = 32'(OutputQueue);
      16'hf004: host_data_o = 32'(RampCycles);
      16'hf005: host_data_o = 32'(IssueCycles);
      16'hf006: host_data_o = 32'(FillCycles);
      16'hf007: host_data_o = 32'(ScalarCycles);
      16'hf008: host_data_o = 32'(ControlCycles);
      16'hf009: host_data_o = 32'(DispatchCycles);
      16'hf00a: host_data_o = 32'(Colors);
      16'hf00b: host_data_o = 32'(2 * SramWords);
      16'hf00c: host_data_o = 32'd1;  // hop cycles: a wavelet is in the neighbour's queue in the next cycle
      16'hf00d: host_data_o = 32'(Banks);
      16'hf00e: host_data_o = 32'(AddLanes);
      16'hf00f: host_data_o = 32'(MultiplyLanes);
      16'hf010: host_data_o = 32'(MaxLanes);
      16'hf011: host_data_o = 32'(HalfMaxLanes);
      16'hf012: host_data_o = 32'(FmacLanes);
      16'hf013: host_data_o = 32'(CallCycles);
      16'hf014: host_data_o = 32'(ConvertLanes);
      16'hf015: host_data_o = 32'(IntegerLanes);
      16'hf016: host_data_o = 32'(HalfFmacLanes);
      default: host_data_o = {16'd0, memory_data};
    endcase
  end

  // Links and, last, the ramp.
  wavelet_t router_in[Ports], router_out[Ports];
  color_set_t router_freed[Ports], router_room[Ports];
  wavelet_t core_in, core_out;
  color_set_t core_freed, core_room;

  for (genvar link = 0; link < Links; link++) begin : gen_link
    assign router_in[link] = link_i[link];
    assign link_o[link] = router_out[link];
    assign link_room_o[link] = router_freed[link];
    assign router_room[link] = link_room_i[link];
  end

  // The queue at a way's end is its last stage; the core's way out has one more, in which the element is computed.
  delay_line #(.Width($bits(wavelet_t)), .Stages(RampCycles - 1)) u_to_core (
    .clk_i, .rst_ni, .data_i(router_out[Ramp]), .data_o(core_in)
  );
  delay_line #(.Width(Colors), .Stages(RampCycles - 1)) u_core_freed (
    .clk_i, .rst_ni, .data_i(core_freed), .data_o(router_room[Ramp])
  );
  delay_line #(.Width($bits(wavelet_t)), .Stages(RampCycles)) u_from_core (
    .clk_i, .rst_ni, .data_i(core_out), .data_o(router_in[Ramp])
  );
  delay_line #(.Width(Colors), .Stages(RampCycles - 1)) u_router_freed (
    .clk_i, .rst_ni, .data_i(router_freed[Ramp]), .data_o(core_room)
  );

  pe_router #(.LinkQueue(LinkQueue), .InputQueue(InputQueue), .OutputQueue(OutputQueue)) u_router (
    .clk_i,
    .rst_ni,
    .in_i(router_in),
    .room_o(router_freed),
    .out_o(router_out),
    .room_i(router_room),
    .route_write_i(route_write),
    .route_color_i(host_address_i[6:2]),
    .route_position_i(host_address_i[1:0]),
    .route_last_i(host_data_i[9:8]),
    .route_depth_i(host_data_i[13:10]),
    .route_ring_i(host_data_i[14]),
    .route_i(host_data_i[7:0])
  );

  pe_core #(
    .Lanes(LaneSpec),
    .OutputQueue(OutputQueue),
    .InputQueue(InputQueue),
    .IssueCycles(IssueCycles),
    .FillCycles(FillCycles),
    .ScalarCycles(ScalarCycles),
    .ControlCycles(ControlCycles),
    .CallCycles(CallCycles),
    .DispatchCycles(DispatchCycles)
  ) u_core (
    .clk_i,
    .rst_ni,
    .in_i(core_in),
    .room_o(core_freed),
    .out_o(core_out),
    .room_i(core_room),
    .exponent_bits_i(exponent_bits_q),
    .launch_i(launch),
    .task_write_i(task_write),
    .task_number_i(task_number_t'(host_address_i)),
    .task_i(task_t'(host_data_i[15:0])),
    .code_write_i(code_write),
    .code_pc_i(host_address_i[8:3]),
    .code_word_i(host_address_i[2:0]),
    .code_data_i(host_data_i),
    .memory_write_i(memory_write),
    .memory_address_i(host_address_i[14:0]),
    .memory_data_i(host_data_i[15:0]),
    .memory_data_o(memory_data),
    .running_o,
    .waiting_o,
    .fault_o,
    .probe_o
  );

endmodule
