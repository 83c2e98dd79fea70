// What holds in every cycle of a core.
module core_assertions
  import weft_pkg::*;
#(
  parameter int unsigned InputQueue = 6,
  parameter int unsigned OutputQueue = 6
) (
  input logic clk_i,
  input logic rst_ni,
  // Which wavelet it is does not matter here.
  /* verilator lint_off UNUSEDSIGNAL */
  input wavelet_t in_i,
  input wavelet_t out_o,
  /* verilator lint_on UNUSEDSIGNAL */
  input color_set_t room_i,
  input color_set_t room_o,
  input color_set_t has_credit,
  input logic launch_i,
  input logic code_write_i,
  input pc_t code_pc_i,
  input logic memory_write_i,
  input logic [Threads-1:0] running_o,
  input logic [Threads-1:0] usable,
  input pc_t [Threads-1:0] pc_i,
  input phase_e [Threads-1:0] phase_i,
  input logic [Threads-1:0] burns_i,
  input color_t head_color,
  input color_set_t control_waits,
  input logic slot,
  input logic burn,
  input logic now,
  input logic take,
  input logic vector_elements,
  input logic stream_element,
  input logic store_element,
  input logic limited_i,
  input logic [15:0] element_i,
  input logic [15:0] count_i,
  input color_set_t input_occupied_i
);

  queue_assertions #(.Depth(InputQueue)) u_inputs (
    .clk_i, .rst_ni, .push_i(in_i.valid), .push_color_i(in_i.color), .pop_i(room_o), .occupied_i(input_occupied_i)
  );
  credit_assertions #(.Depth(OutputQueue)) u_outputs (
    .clk_i, .rst_ni, .send_i(out_o.valid), .send_color_i(out_o.color), .room_i, .has_credit_i(has_credit),
    .depth_write_i(1'b0),
    .depth_color_i('0),
    .depth_i('0)
  );

  // Instructions are written from 0 on.
  logic [$bits(pc_t):0] size_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) size_q <= '0;
    else if (code_write_i) size_q <= {1'b0, code_pc_i} + 1'b1;
  end

  for (genvar thread = 0; thread < Threads; thread++) begin : gen_thread
    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        pc_within_program: assert (!running_o[thread] || {1'b0, pc_i[thread]} < size_q);
        nothing_before_the_start: assert (phase_i[thread] != PhaseStart || !burns_i[thread]);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      receiver_first: assert (slot == (usable != '0) && (!slot || now == usable[1]));
      only_a_running_thread_acts: assert (!slot || running_o[now]);
      acts_in_its_slot: assert (
          !(take || out_o.valid || vector_elements || stream_element || store_element) || (slot && !burn));
      starts_with_a_control_wavelet: assert (
          !slot || phase_i[now] != PhaseStart || (take && control_waits[head_color]));
      one_kind_of_element: assert ($onehot0({vector_elements, stream_element, store_element}));
      an_element_is_in_the_list_or_window: assert (
          !(vector_elements || stream_element) || !limited_i || element_i < count_i);
      configured_while_it_stands: assert (!(launch_i || code_write_i || memory_write_i) || running_o == '0);
    end
  end

endmodule

bind pe_core core_assertions #(.InputQueue(InputQueue), .OutputQueue(OutputQueue)) u_assertions (
  .clk_i, .rst_ni, .in_i, .out_o, .room_i, .room_o, .has_credit, .launch_i, .code_write_i, .code_pc_i, .memory_write_i,
  .running_o, .usable, .pc_i({pc[1], pc[0]}), .phase_i({thread[1].phase, thread[0].phase}),
  .burns_i({thread[1].burn != '0, thread[0].burn != '0}), .head_color(take_color), .control_waits, .slot, .burn, .now,
  .take, .vector_elements, .stream_element, .store_element, .limited_i(now_instruction.listed || now_instruction.windowed),
  .element_i(now_thread.element), .count_i(now_instruction.count), .input_occupied_i(u_inputs.occupied_q)
);
