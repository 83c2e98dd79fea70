// The sequencer: two threads, one slot per cycle. The receiver (thread 1) goes first where it can use the cycle, so it
// takes single cycles from the main thread's runs. rtl/ISA.md says when an instruction can use a cycle.
module pe_core
  import weft_pkg::*;
#(
  parameter int unsigned Lanes = 2,
  parameter int unsigned OutputQueue = 6,
  parameter int unsigned InputQueue = 6,
  parameter int unsigned IssueCycles = 1,
  parameter int unsigned FillCycles = 6,
  parameter int unsigned ScalarCycles = 1,
  parameter int unsigned ControlCycles = 1,
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
  input  logic launch_i,
  input  logic [Threads-1:0] launch_threads_i,
  input  pc_t launch_pc_i[Threads],
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
  output logic fault_o,
  output probe_t probe_o
);

  typedef enum logic [1:0] {PhaseIssue, PhaseElements, PhaseClose} phase_e;
  typedef logic [7:0] cycles_t;
  typedef logic [$clog2(OutputQueue+1)-1:0] credit_t;

  typedef struct packed {
    logic active;
    pc_t pc;
    phase_e phase;
    logic [15:0] element;
    logic [15:0] scalar_index;  // AXPYM
    cycles_t burn;   // slots that the last action still takes
    cycles_t fill;   // cycles before a dependent vector instruction may issue
    cycles_t start;  // cycles before the first slot
    logic [15:0] scalar;
    logic [33:0] x_address;
    logic [LoopCounters-1:0][15:0] passes;
  } thread_t;

  thread_t thread_q[Threads], thread_d[Threads];
  pc_t pc[Threads];
  instruction_t instruction[Threads];
  wavelet_t head[Threads];
  color_t head_color[Threads];
  credit_t credit_q[Colors], credit_d[Colors];
  color_set_t has_credit_q, has_credit_d;
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

  for (genvar thread = 0; thread < Threads; thread++) begin : gen_thread
    assign pc[thread] = thread_q[thread].pc;
    assign head_color[thread] = instruction[thread].fabric_in;
    assign running_o[thread] = thread_q[thread].active &&
        !(thread_q[thread].burn == '0 && instruction[thread].opcode == OpHalt);
  end

  // Can the thread use this cycle?
  logic [Threads-1:0] usable, operands, room;

  always_comb begin
    usable = '0;
    for (int unsigned thread = 0; thread < Threads; thread++) begin
      operands[thread] = !instruction[thread].has_in || head[thread].valid;
      room[thread] = !instruction[thread].has_out || has_credit_q[instruction[thread].fabric_out];
      unique case (instruction[thread].opcode)
        OpHalt: usable[thread] = 1'b0;
        OpAxpy:
          usable[thread] = thread_q[thread].phase != PhaseIssue ||
              (operands[thread] && (head[thread].control || thread_q[thread].fill == '0));
        OpAxpyMemory:
          unique case (thread_q[thread].phase)
            PhaseIssue: usable[thread] = room[thread] && thread_q[thread].fill == '0;
            PhaseElements: usable[thread] = 1'b1;
            default: usable[thread] = room[thread];
          endcase
        OpDrain, OpDrain16:
          unique case (thread_q[thread].phase)
            PhaseIssue: usable[thread] = thread_q[thread].fill == '0;
            PhaseElements: usable[thread] = operands[thread] && room[thread];
            default: usable[thread] = room[thread];
          endcase
        OpStore16, OpStore32: usable[thread] = operands[thread];
        default: usable[thread] = 1'b1;
      endcase
      usable[thread] |= thread_q[thread].burn != '0;
      usable[thread] &= thread_q[thread].active && thread_q[thread].start == '0 && !fault_q;
    end
  end

  // The slot: whose, and what it does.
  logic slot, burn, now, take;
  thread_t now_thread, next_thread;
  instruction_t now_instruction;
  // Its color is the instruction's, its presence is what made the thread usable.
  /* verilator lint_off UNUSEDSIGNAL */
  wavelet_t now_head;
  /* verilator lint_on UNUSEDSIGNAL */
  logic axpy_elements, drain_element, store_element, step_over, last_element, last_scalar;
  logic [16:0] next_scalar;
  logic [15:0] scalar;
  logic [33:0] scalar_address;
  logic scalar_outside;
  logic [16:0] next_element;
  logic [15:0] passes;
  logic [31:0] result;
  logic out_of_range;

  assign slot = usable != '0;
  assign now = usable[1];
  assign now_thread = thread_q[now];
  assign now_instruction = instruction[now];
  assign now_head = head[now];
  assign burn = slot && now_thread.burn != '0;
  assign passes = now_thread.passes[now_instruction.element_stride[1:0]] + 16'd1;
  assign scalar_address = 34'(now_instruction.c) +
      34'(now_thread.passes[0]) * 34'(now_instruction.scalars) + 34'(now_thread.scalar_index);
  assign next_scalar = 17'(now_thread.scalar_index) + 17'd1;
  assign last_scalar = next_scalar >= 17'(now_instruction.scalars);

  always_comb begin
    next_thread = now_thread;
    take = 1'b0;
    out_o = '0;
    out_o.color = now_instruction.fabric_out;
    out_o.data = result;
    axpy_elements = 1'b0;
    drain_element = 1'b0;
    store_element = 1'b0;
    step_over = 1'b0;
    fault = 1'b0;
    next_element = 17'(now_thread.element) + 17'd1;
    last_element = next_element == 17'(now_instruction.count);
    probe_o = '0;
    probe_o.thread = now;
    probe_o.pc = now_thread.pc;
    if (burn) begin
      next_thread.burn = now_thread.burn - 1'b1;
    end else if (slot) begin
      probe_o.valid = 1'b1;
      unique case (now_instruction.opcode)
        OpAxpy: begin
          if (now_thread.phase == PhaseElements) begin
            probe_o.valid = 1'b0;
            axpy_elements = 1'b1;
            fault = out_of_range;
            next_element = 17'(now_thread.element) + 17'(Lanes);
            next_thread.element = next_element[15:0];
            next_thread.x_address = now_thread.x_address + 34'(Lanes) * 34'(now_instruction.element_stride);
            if (next_element >= 17'(now_instruction.count)) next_thread.phase = PhaseIssue;
          end else begin
            take = 1'b1;
            next_thread.element = '0;
            next_thread.scalar = now_head.data[15:0];
            next_thread.x_address =
                34'(now_instruction.b) + 34'(now_head.data[31:16]) * 34'(now_instruction.row_stride);
            if (now_head.control) begin
              next_thread.burn = cycles_t'(ControlCycles - 1);
              step_over = 1'b1;
            end else begin
              next_thread.burn = cycles_t'(IssueCycles - 1);
              next_thread.fill = cycles_t'(FillCycles);
              if (now_instruction.count != '0) next_thread.phase = PhaseElements;
            end
          end
        end
        OpAxpyMemory: begin
          unique case (now_thread.phase)
            PhaseIssue: begin
              fault = scalar_outside;
              out_o.valid = 1'b1;
              out_o.data = {now_thread.scalar_index, scalar};
              next_thread.element = '0;
              next_thread.scalar = scalar;
              next_thread.x_address =
                  34'(now_instruction.b) + 34'(now_thread.scalar_index) * 34'(now_instruction.row_stride);
              next_thread.burn = cycles_t'(IssueCycles - 1);
              next_thread.fill = cycles_t'(FillCycles);
              if (now_instruction.count != '0) next_thread.phase = PhaseElements;
              else if (!last_scalar) next_thread.scalar_index = next_scalar[15:0];
              else if (now_instruction.close) next_thread.phase = PhaseClose;
              else step_over = 1'b1;
            end
            PhaseElements: begin
              probe_o.valid = 1'b0;
              axpy_elements = 1'b1;
              fault = out_of_range;
              next_element = 17'(now_thread.element) + 17'(Lanes);
              next_thread.element = next_element[15:0];
              next_thread.x_address = now_thread.x_address + 34'(Lanes) * 34'(now_instruction.element_stride);
              if (next_element >= 17'(now_instruction.count)) begin
                next_thread.phase = PhaseIssue;
                if (!last_scalar) next_thread.scalar_index = next_scalar[15:0];
                else if (now_instruction.close) next_thread.phase = PhaseClose;
                else step_over = 1'b1;
              end
            end
            default: begin
              out_o.valid = 1'b1;
              out_o.control = 1'b1;
              out_o.data = {15'd0, now_instruction.silent, now_instruction.advance};
              next_thread.burn = cycles_t'(ControlCycles - 1);
              step_over = 1'b1;
            end
          endcase
        end
        OpDrain, OpDrain16: begin
          unique case (now_thread.phase)
            PhaseIssue: begin
              next_thread.burn = cycles_t'(IssueCycles - 1);
              next_thread.fill = cycles_t'(FillCycles);
              if (now_instruction.count != '0) next_thread.phase = PhaseElements;
              else if (now_instruction.close) next_thread.phase = PhaseClose;
              else step_over = 1'b1;
            end
            PhaseElements: begin
              take = now_instruction.has_in;
              fault = (now_instruction.has_in && now_head.control) || out_of_range;
              drain_element = 1'b1;
              out_o.valid = now_instruction.has_out;
              next_thread.element = next_element[15:0];
              if (last_element) begin
                if (now_instruction.close) next_thread.phase = PhaseClose;
                else step_over = 1'b1;
              end
            end
            default: begin
              out_o.valid = 1'b1;
              out_o.control = 1'b1;
              out_o.data = {15'd0, now_instruction.silent, now_instruction.advance};
              next_thread.burn = cycles_t'(ControlCycles - 1);
              step_over = 1'b1;
            end
          endcase
        end
        OpStore16, OpStore32: begin
          take = 1'b1;
          fault = now_head.control;
          store_element = 1'b1;
          next_thread.element = next_element[15:0];
          step_over = last_element;
        end
        OpLoop: begin
          next_thread.burn = cycles_t'(ScalarCycles - 1);
          if (passes < now_instruction.count) begin
            next_thread.passes[now_instruction.element_stride[1:0]] = passes;
            next_thread.pc = pc_t'(now_instruction.scalars);
          end else begin
            next_thread.passes[now_instruction.element_stride[1:0]] = '0;
            next_thread.pc = now_thread.pc + 1'b1;
          end
        end
        default: fault = 1'b1;
      endcase
      if (step_over) begin
        next_thread.pc = now_thread.pc + 1'b1;
        next_thread.phase = PhaseIssue;
        next_thread.element = '0;
        next_thread.scalar_index = '0;
      end
      probe_o.took = take;
      probe_o.sent = out_o.valid ? out_o : '0;
    end
  end

  input_queues #(.Depth(InputQueue)) u_inputs (
    .clk_i,
    .rst_ni,
    .in_i,
    .color_i(head_color),
    .head_o(head),
    .take_i(take),
    .take_color_i(now_instruction.fabric_in)
  );

  pe_datapath #(.Lanes(Lanes)) u_datapath (
    .clk_i,
    .axpy_i(axpy_elements),
    .drain_i(drain_element),
    .store_i(store_element),
    .instruction_i(now_instruction),
    .element_i(now_thread.element),
    .pass_i(now_thread.passes[0]),
    .x_address_i(now_thread.x_address),
    .scalar_i(now_thread.scalar),
    .scalar_address_i(scalar_address),
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

  always_comb begin
    room_o = '0;
    if (take) room_o[now_instruction.fabric_in] = 1'b1;
  end

  always_comb begin
    credit_d = credit_q;
    has_credit_d = has_credit_q | room_i;
    if (out_o.valid) credit_d[out_o.color] -= 1'b1;
    if (room_i != '0) begin
      for (int unsigned color = 0; color < Colors; color++) credit_d[color] += credit_t'(room_i[color]);
    end
    if (out_o.valid) has_credit_d[out_o.color] = credit_d[out_o.color] != '0;
  end

  always_comb begin
    thread_d = thread_q;
    if (slot) thread_d[now] = next_thread;
    for (int unsigned thread = 0; thread < Threads; thread++) begin
      if (thread_d[thread].fill != '0) thread_d[thread].fill -= 1'b1;
      if (thread_d[thread].start != '0) thread_d[thread].start -= 1'b1;
      if (launch_i) begin
        thread_d[thread] = '0;
        thread_d[thread].active = launch_threads_i[thread];
        thread_d[thread].pc = launch_pc_i[thread];
        if (thread == 0) thread_d[thread].start = cycles_t'(DispatchCycles);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      thread_q <= '{default: '0};
      credit_q <= '{default: credit_t'(OutputQueue)};
      has_credit_q <= '1;
      fault_q <= 1'b0;
    end else begin
      thread_q <= thread_d;
      credit_q <= credit_d;
      has_credit_q <= has_credit_d;
      if (launch_i) fault_q <= 1'b0;
      else if (fault) fault_q <= 1'b1;
    end
  end

  assign fault_o = fault_q;

endmodule
