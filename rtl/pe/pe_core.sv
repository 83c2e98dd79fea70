// The sequencer: two threads, one slot per cycle. The receiver (thread 1) goes first where it can use the cycle, so it
// takes single cycles from the main thread's runs. rtl/ISA.md says when an instruction can use a cycle.
module pe_core
  import weft_pkg::*;
#(
  parameter lane_spec_t Lanes = '0,
  parameter int unsigned OutputQueue = 6,
  parameter int unsigned InputQueue = 6,
  parameter int unsigned IssueCycles = 1,
  parameter int unsigned FillCycles = 2,
  parameter int unsigned ScalarCycles = 1,
  parameter int unsigned ControlCycles = 1,
  parameter int unsigned CallCycles = 30,
  parameter int unsigned DispatchCycles = 4
) (
  input  logic clk_i,
  input  logic rst_ni,
  // From and to the ramp.
  input  wavelet_t in_i,
  output color_set_t room_o,
  output wavelet_t out_o,
  input  color_set_t room_i,
  // Configuration, while the core stands still.
  input  half_exponent_t exponent_bits_i,
  input  logic launch_i,
  input  logic task_write_i,
  input  task_number_t task_number_i,
  input  task_t task_i,
  input  logic code_write_i,
  input  pc_t code_pc_i,
  input  logic [2:0] code_word_i,
  input  logic [31:0] code_data_i,
  input  logic memory_write_i,
  input  sram_address_t memory_address_i,
  input  logic [15:0] memory_data_i,
  output logic [15:0] memory_data_o,
  // Observation.
  output logic [Threads-1:0] running_o,
  output color_set_t waiting_o,  // colors of which wavelets wait in the core
  output logic fault_o,
  output probe_t probe_o
);

  thread_t thread[Threads];
  logic [Threads-1:0] halted;
  pc_t pc[Threads];
  instruction_t instruction[Threads];
  action_t action[Threads];
  logic [Threads-1:0] ready, usable;  // threads that can use this cycle
  wavelet_t head[Threads];
  color_t head_color[Threads];
  color_set_t has_credit, data_waits, control_waits;
  logic fault_q, fault;

  program_store u_program (
    .clk_i,
    .write_i(code_write_i),
    .write_pc_i(code_pc_i),
    .write_word_i(code_word_i),
    .write_data_i(code_data_i),
    .pc_i(pc),
    .instruction_o(instruction)
  );

  for (genvar t = 0; t < Threads; t++) begin : gen_thread
    assign pc[t] = thread[t].pc;
    assign head_color[t] = thread[t].phase == PhaseStart ? thread[t].color : instruction[t].fabric_in;
    assign halted[t] = thread[t].burn == '0 && thread[t].phase != PhaseStart && instruction[t].opcode == OpHalt;
    assign running_o[t] = thread[t].active && !halted[t];
    assign usable[t] = ready[t] && thread[t].active && thread[t].start == '0 && !fault_q;
    next_action u_next (
      .thread_i(thread[t]),
      .instruction_i(instruction[t]),
      .head_i(head[t]),
      .credit_i(has_credit[instruction[t].fabric_out]),
      .action_o(action[t]),
      .usable_o(ready[t])
    );
  end

  // The slot: whose, and what it does.
  logic slot, burn, now, take;
  color_t take_color;
  thread_t now_thread, planned, next_thread;
  action_t now_action;
  place_t now_place;
  instruction_t now_instruction;
  // Its color is the instruction's, its presence is what made the thread usable.
  /* verilator lint_off UNUSEDSIGNAL */
  wavelet_t now_head;
  /* verilator lint_on UNUSEDSIGNAL */
  logic vector_elements, stream_element, store_element, step_over, last_element;
  logic pass_done, last_vector;  // over the elements
  logic [16:0] next_vector, next_element;
  logic [15:0] passes;
  logic [31:0] scalar, result;
  logic [33:0] sum_step, half_place;  // half: that is kept or listed
  logic scalar_outside, out_of_range, counts, keeps, keep, issues;
  logic acts, sends, sends_control, loads_scalar, loads_window, checks_place, misuse, clash;
  lanes_t lanes;

  assign slot = usable != '0;
  assign now = usable[1];
  assign now_thread = thread[now];
  assign now_action = action[now];
  assign now_place = now_action.place;
  assign now_instruction = now_action.instruction;
  assign now_head = head[now];
  assign take_color = head_color[now];
  assign burn = slot && now_thread.burn != '0;
  assign passes = now_thread.passes[now_instruction.element_stride[1:0]] + 16'd1;
  assign next_vector = 17'(now_thread.vector_index) + 17'd1;
  assign last_vector = next_vector >= 17'(now_action.vectors);

  assign counts = now_instruction.opcode == OpCount32;
  assign keeps = now_instruction.opcode == OpAxpyKeep;
  assign half_place = now_instruction.opcode == OpList16 ? 34'(now_instruction.a) + 34'(now_thread.element) :
                      now_place.keep;
  assign sum_step = 34'(lanes) * (34'(now_instruction.scalars) << 1);

  always_comb begin
    planned = now_thread;
    take = 1'b0;
    acts = 1'b0;
    sends = 1'b0;
    sends_control = 1'b0;
    loads_scalar = 1'b0;
    loads_window = 1'b0;
    checks_place = 1'b0;
    misuse = 1'b0;
    keep = 1'b0;
    issues = 1'b0;
    vector_elements = 1'b0;
    stream_element = 1'b0;
    store_element = 1'b0;
    step_over = 1'b0;
    pass_done = 1'b0;
    next_element = 17'(now_thread.element) + 17'd1;
    last_element = next_element == 17'(now_instruction.count);
    if (burn) begin
      planned.burn = now_thread.burn - 1'b1;
    end else if (slot && now_thread.phase == PhaseStart) begin
      acts = 1'b1;
      take = 1'b1;
      planned.burn = cycles_t'(ControlCycles - 1);
      planned.phase = PhaseIssue;
    end else if (slot) begin
      acts = 1'b1;
      unique case (now_instruction.opcode)
        OpAxpy, OpAxpyKeep, OpOuter: begin
          if (now_thread.phase == PhaseElements) begin
            acts = 1'b0;
            vector_elements = 1'b1;
            checks_place = 1'b1;
            next_element = 17'(now_thread.element) + 17'(lanes);
            planned.element = next_element[15:0];
            if (!now_instruction.listed) begin
              planned.x_address = now_thread.x_address + 34'(lanes) * 34'(now_instruction.element_stride);
            end
            planned.sum_address = now_thread.sum_address + sum_step;
            if (next_element >= 17'(now_instruction.count)) planned.phase = PhaseIssue;
          end else begin
            take = 1'b1;
            planned.element = '0;
            planned.scalar = {16'd0, now_head.data[15:0]};
            planned.x_address = now_place.x;
            planned.sum_address = 34'(now_instruction.a) + (34'(now_head.data[31:16]) << 1);
            if (now_head.control) begin
              planned.burn = cycles_t'(ControlCycles - 1);
              planned.kept_rounds = now_thread.kept_rounds + 16'(keeps);
              step_over = 1'b1;
            end else begin
              keep = keeps && now_head.data[31:16] < now_instruction.scalars;
              misuse = keep && half_place >= 34'(SramWords);
              planned.burn = cycles_t'(IssueCycles - 1);
              issues = 1'b1;
              if (now_instruction.count != '0) planned.phase = PhaseElements;
            end
          end
        end
        OpCall: begin
          planned.burn = cycles_t'(CallCycles - 1);
          step_over = 1'b1;
        end
        OpWindow: begin
          planned.burn = cycles_t'(ScalarCycles - 1);
          loads_window = 1'b1;
          planned.window.taken = now_thread.window.taken + 1'b1;
          step_over = 1'b1;
        end
        OpList16: begin
          take = 1'b1;
          if (now_head.control) begin
            planned.burn = cycles_t'(ControlCycles - 1);
            planned.list_at = now_instruction.a;
            planned.list_count = now_thread.element;
            step_over = 1'b1;
          end else begin
            keep = 1'b1;
            misuse = now_thread.element == now_instruction.count || half_place >= 34'(SramWords);
            planned.element = next_element[15:0];
          end
        end
        OpStore16, OpStore32: begin
          take = 1'b1;
          misuse = now_head.control;
          checks_place = 1'b1;
          store_element = 1'b1;
          planned.element = next_element[15:0];
          step_over = last_element;
        end
        OpLoop: begin
          planned.burn = cycles_t'(ScalarCycles - 1);
          if (passes < now_instruction.count) begin
            planned.passes[now_instruction.element_stride[1:0]] = passes;
            planned.pc = pc_t'(now_instruction.scalars);
          end else begin
            planned.passes[now_instruction.element_stride[1:0]] = '0;
            planned.pc = now_thread.pc + 1'b1;
          end
        end
        default: begin
          unique case (now_action.phase)
            PhaseIssue: begin
              planned.burn = cycles_t'(IssueCycles - 1);
              issues = 1'b1;
              planned.element = '0;
              if (now_instruction.opcode == OpFmac32Calls) planned.burn = cycles_t'(CallCycles + IssueCycles - 1);
              if (is_vector(now_instruction.opcode, now_instruction.has_in)) begin
                loads_scalar = 1'b1;
                planned.x_address = now_place.x;
                planned.sum_address = 34'(now_instruction.a) + (34'(now_thread.vector_index) << 1);
                sends = now_instruction.has_out;
              end
              if (now_instruction.count != '0) planned.phase = PhaseElements;
              else pass_done = 1'b1;
            end
            PhaseElements: begin
              if (is_vector(now_instruction.opcode, now_instruction.has_in)) begin
                acts = 1'b0;
                vector_elements = 1'b1;
                checks_place = 1'b1;
                next_element = 17'(now_thread.element) + 17'(lanes);
                if (!now_instruction.listed) begin
                  planned.x_address = now_thread.x_address + 34'(lanes) * 34'(now_place.x_stride);
                end
                planned.sum_address = now_thread.sum_address + sum_step;
                if (counts) planned.scalar = now_thread.scalar + 32'(lanes) * 32'(now_instruction.element_stride);
                planned.burn = cycles_t'(clash);
                last_element = next_element >= 17'(now_instruction.count);
                if (last_element) planned.phase = PhaseIssue;
                if (last_element && now_instruction.windowed && now_instruction.opcode == OpMove32) begin
                  planned.window.stored = now_thread.window.stored + now_instruction.count;
                end
              end else begin
                take = now_instruction.has_in;
                misuse = now_instruction.has_in && now_head.control;
                checks_place = 1'b1;
                stream_element = 1'b1;
                sends = now_instruction.has_out;
                if (last_element && now_instruction.windowed && !sends) begin
                  planned.window.stored = now_thread.window.stored + now_instruction.count;
                end
              end
              planned.element = last_element ? '0 : next_element[15:0];
              pass_done = last_element;
            end
            default: begin
              sends = 1'b1;
              sends_control = 1'b1;
              planned.burn = cycles_t'(ControlCycles - 1);
              step_over = 1'b1;
            end
          endcase
          if (pass_done) begin
            if (!last_vector) planned.vector_index = next_vector[15:0];
            else if (now_instruction.close) planned.phase = PhaseClose;
            else step_over = 1'b1;
          end
        end
      endcase
      if (issues && now_place.writes) begin
        planned.fill = cycles_t'(FillCycles);
        planned.written = now_place.written;
      end
      if (step_over) planned = at_next_instruction(planned);
    end
  end

  // What the datapath gives for this slot. Apart from the plan, which the datapath follows: no signal goes in a circle.
  always_comb begin
    next_thread = planned;
    if (loads_scalar) next_thread.scalar = scalar;
    if (loads_window) {next_thread.window.count, next_thread.window.first} = scalar;
    fault = misuse || ((loads_scalar || loads_window) && scalar_outside) || (checks_place && out_of_range);
    out_o.valid = sends;
    out_o.control = sends_control;
    out_o.color = now_instruction.fabric_out;
    out_o.data = result;
    if (loads_scalar) out_o.data = {now_action.number[15:0], scalar[15:0]};
    if (sends_control) out_o.data = {15'd0, now_instruction.silent, now_instruction.advance};
    probe_o.thread = now;
    probe_o.pc = now_thread.pc;
    probe_o.valid = acts;
    probe_o.took = take;
    probe_o.taken = take ? take_color : '0;
    probe_o.sent = sends ? out_o : '0;
  end

  input_queues #(.Depth(InputQueue)) u_inputs (
    .clk_i,
    .rst_ni,
    .in_i,
    .color_i(head_color),
    .head_o(head),
    .data_o(data_waits),
    .control_o(control_waits),
    .take_i(take),
    .take_color_i(take_color)
  );

  bank_rule #(.Lanes(Lanes)) u_banks (
    .opcode_i(now_instruction.opcode),
    .half_sums_i(now_instruction.half_sums),
    .element_stride_i(now_instruction.element_stride),
    .base_i(now_place.element[1:0]),
    .element_i(now_thread.element[1:0]),
    .x_i(now_thread.x_address[1:0]),
    .lanes_o(lanes),
    .clash_o(clash)
  );

  pe_datapath #(.Lanes(Lanes)) u_datapath (
    .clk_i,
    .exponent_bits_i,
    .vector_i(vector_elements),
    .stream_i(stream_element),
    .store_i(store_element),
    .keep_i(keep),
    .keep_address_i(half_place[14:0]),
    .instruction_i(now_instruction),
    .lanes_i(lanes),
    .element_i(now_thread.element),
    .pass_i(now_action.pass),
    .vector_index_i(now_thread.vector_index),
    .element_base_i(now_place.element),
    .stride_i(now_place.stride),
    .sum_address_i(now_thread.sum_address),
    .x_address_i(now_thread.x_address),
    .x_stride_i(now_place.x_stride),
    .list_at_i(now_thread.list_at),
    .scalar_i(now_thread.scalar),
    .scalar_address_i(now_place.scalar),
    .scalar_o(scalar),
    .scalar_outside_o(scalar_outside),
    .data_i(now_head.data),
    .result_o(result),
    .out_of_range_o(out_of_range),
    .host_write_i(memory_write_i),
    .host_address_i(memory_address_i),
    .host_data_i(memory_data_i),
    .host_data_o(memory_data_o)
  );

  output_credits #(.Depth(OutputQueue)) u_credits (
    .clk_i,
    .rst_ni,
    .send_i(out_o.valid),
    .send_color_i(out_o.color),
    .room_i,
    .has_credit_o(has_credit)
  );

  assign room_o = color_set_t'(take) << take_color;
  assign waiting_o = data_waits | control_waits;

  threads #(.DispatchCycles(DispatchCycles)) u_threads (
    .clk_i,
    .rst_ni,
    .launch_i,
    .task_write_i,
    .task_number_i,
    .task_i,
    .data_i(data_waits),
    .control_i(control_waits),
    .slot_i(slot),
    .now_i(now),
    .next_i(next_thread),
    .halted_i(halted),
    .thread_o(thread)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni || launch_i) fault_q <= 1'b0;
    else if (fault) fault_q <= 1'b1;
  end

  assign fault_o = fault_q;

endmodule
