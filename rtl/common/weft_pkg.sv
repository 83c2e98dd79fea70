// What tile, core and router share: sizes, the wavelet, routes, and the instruction set's encoding (hw/pe/isa.h is its
// definition, a test holds the two equal).
package weft_pkg;

  parameter int unsigned Links = 4;  // north, east, south, west
  parameter int unsigned Ports = 5;  // and the ramp
  parameter int unsigned Ramp = 4;
  parameter int unsigned Colors = 24;
  parameter int unsigned SwitchPositions = 4;
  parameter int unsigned Threads = 2;  // 0 = main, 1 = receiver
  parameter int unsigned Tasks = 8;  // entries of the task table
  parameter int unsigned LoopCounters = 4;
  parameter int unsigned ProgramCapacity = 64;
  parameter int unsigned InstructionWords = 5;
  parameter int unsigned Banks = 8;
  parameter int unsigned BankRows = 3072;
  parameter int unsigned SramWords = Banks * BankRows;  // of 16 bits: 48 kB

  typedef logic [4:0] color_t;
  typedef logic [Colors-1:0] color_set_t;
  typedef logic [Ports-1:0] port_set_t;
  typedef logic [2:0] port_t;
  typedef logic [$clog2(ProgramCapacity)-1:0] pc_t;
  typedef logic [14:0] sram_address_t;

  typedef struct packed {
    logic valid;
    logic control;
    color_t color;
    logic [31:0] data;
  } wavelet_t;

  // Data of a control wavelet.
  parameter int unsigned SilentBit = 16;

  typedef struct packed {
    port_t receive;
    port_set_t transmit;
  } route_t;

  typedef enum logic [5:0] {
    OpHalt = 6'd0,
    OpLoop = 6'd1,
    OpAxpy = 6'd2,
    OpAxpyMemory = 6'd3,
    OpDrain = 6'd4,
    OpStore16 = 6'd5,
    OpStore32 = 6'd6,
    OpSend16 = 6'd7,
    OpSend32 = 6'd8,
    OpRelu16 = 6'd9,
    OpReluBack16 = 6'd10,
    OpAdd32 = 6'd11,
    OpSub32 = 6'd12,
    OpMul32 = 6'd13,
    OpMax32 = 6'd14,
    OpFmac32 = 6'd15,
    OpFmac32Calls = 6'd16,
    OpCall = 6'd17,
    OpDrain16 = 6'd18,
    OpOuter = 6'd19,
    OpOuterMemory = 6'd20,
    OpToHalf16 = 6'd21,
    OpCount32 = 6'd22,
    OpXorShift32 = 6'd23,
    OpMulInt32 = 6'd24,
    OpScale16 = 6'd25,
    OpZeroBelow16 = 6'd26,
    OpAxpyKeep = 6'd27,
    OpHorner32 = 6'd28,
    OpAddLeft32 = 6'd29,
    OpAddRight32 = 6'd30,
    OpKeepEqual32 = 6'd31,
    OpZeroEqual32 = 6'd32,
    OpList16 = 6'd33,
    OpMove32 = 6'd34,
    OpWindow = 6'd35
  } opcode_e;

  typedef struct packed {
    logic [15:0] advance;
    logic [15:0] scalars;  // loop: target
    logic [15:0] element_stride;  // loop: counter
    logic [15:0] row_stride;
    logic [15:0] c;
    logic [15:0] b;
    logic [15:0] a;
    logic [15:0] count;
    logic [7:0] reserved;
    logic half_sums;
    logic windowed_scalars;
    logic windowed;
    logic listed;
    logic silent;
    logic close;
    color_t fabric_out;
    color_t fabric_in;
    logic has_out;
    logic has_in;
    logic [5:0] opcode;
  } instruction_t;

  // Of a vector instruction: before its first element, at its elements, before the control wavelet behind them. Of a
  // task: before its first instruction, when the control wavelet that started it is to be taken.
  typedef enum logic [1:0] {PhaseIssue, PhaseElements, PhaseClose, PhaseStart} phase_e;

  // An entry of the task table (hw/pe/task.h is its definition).
  typedef enum logic [1:0] {TriggerLaunch, TriggerData, TriggerControl, TriggerCompletion} trigger_e;

  typedef struct packed {
    logic valid;
    logic thread;
    logic reserved;
    color_t source;  // color, or number of a task
    trigger_e trigger;
    pc_t entry;
  } task_t;

  typedef logic [$clog2(Tasks)-1:0] task_number_t;
  typedef logic [7:0] cycles_t;

  // Words of memory, 34 bits: as far as an instruction can reach, legal or not. Empty where first and last are equal.
  typedef struct packed {
    logic [33:0] first;
    logic [33:0] behind;
  } words_t;

  function automatic logic meet(words_t a, words_t b);
    return a.first != a.behind && b.first != b.behind && a.first < b.behind && b.first < a.behind;
  endfunction

  // Where the vector of an issue stands.
  typedef struct packed {
    logic [33:0] scalar;
    logic [33:0] element;
    logic [33:0] x;
    logic [15:0] x_stride;
    logic [15:0] stride;  // SEND, STORE: from element to element
    logic [33:0] keep;    // AXPY_KEEP: of the scalar
    logic writes;       // any words
    words_t written;
  } place_t;

  // hw/pe/pe_window.h is its definition.
  typedef struct packed {
    logic [15:0] stored;  // elements by windowed DRAINs to memory and MOVE32s
    logic [15:0] taken;   // windows
    logic [15:0] count;
    logic [15:0] first;
  } window_t;

  // What a thread is at.
  typedef struct packed {
    logic active;  // runs a task
    task_number_t number;
    color_t color;  // of the wavelet that started it
    pc_t pc;
    phase_e phase;
    logic [15:0] element;
    logic [15:0] vector_index;  // scalar of AXPYM and FMAC32, pass over the elements
    cycles_t burn;   // slots that the last action still takes
    cycles_t fill;   // cycles before a vector may issue that reads of `written`
    words_t written;  // by the last vector that writes
    cycles_t start;  // cycles before the first slot
    logic [31:0] scalar;
    logic [33:0] x_address;
    logic [33:0] sum_address;  // OUTER: of the next accumulator
    logic [15:0] kept_rounds;  // AXPY_KEEP: control wavelets taken
    logic [15:0] list_at;      // LIST16: first word, and length
    logic [15:0] list_count;
    window_t window;
    logic [LoopCounters-1:0][15:0] passes;
  } thread_t;

  // Behind the instruction that it has done, before the first vector of the next.
  function automatic thread_t at_next_instruction(thread_t done);
    at_next_instruction = done;
    at_next_instruction.pc = done.pc + 1'b1;
    at_next_instruction.phase = PhaseIssue;
    at_next_instruction.element = '0;
    at_next_instruction.vector_index = '0;
  endfunction

  // What a thread would do in this cycle: its instruction as it runs, and where its next vector stands.
  typedef struct packed {
    instruction_t instruction;
    phase_e phase;
    logic [15:0] pass;     // of counter 0, as far as it moves the instruction
    logic [16:0] number;   // AXPYM: which of its scalars
    logic [15:0] vectors;  // in all
    place_t place;
  } action_t;

  // AXPYM, OUTERM, and FMAC32 and the like: vectors from memory. The others that take elements: one a slot.
  function automatic logic is_vector(logic [5:0] opcode, logic has_in);
    unique case (opcode)
      OpAxpyMemory, OpOuterMemory, OpRelu16, OpReluBack16, OpFmac32, OpFmac32Calls, OpToHalf16: return 1'b1;
      OpCount32, OpXorShift32, OpMulInt32, OpScale16, OpZeroBelow16: return 1'b1;
      OpHorner32, OpAddLeft32, OpAddRight32, OpKeepEqual32, OpZeroEqual32, OpMove32: return 1'b1;
      default: return combines(opcode) && !has_in;
    endcase
  endfunction

  // Of a half: 5, 6 or 8 (tlm/base/half.h). 15 less these are its fraction.
  typedef logic [3:0] half_exponent_t;

  // Of sums and conversions: significand x 2^(exponent - 153), with a leading one in bit 26 unless the exponent is 1.
  // Three bits more than fp32 has: guard, round, sticky.
  typedef struct packed {
    logic sign;
    logic is_nan;
    logic is_inf;
    logic [8:0] exponent;  // biased as fp32's; of a product it may pass 254
    logic [26:0] significand;
  } term_t;

  function automatic term_t term_of(logic [31:0] value);
    term_of.sign = value[31];
    term_of.is_nan = &value[30:23] && value[22:0] != 23'd0;
    term_of.is_inf = &value[30:23] && value[22:0] == 23'd0;
    term_of.exponent = value[30:23] == 8'd0 ? 9'd1 : {1'b0, value[30:23]};
    term_of.significand = {value[30:23] != 8'd0, value[22:0], 3'b000};
  endfunction

  // Of an exponent's bits: all ones, and no fraction.
  function automatic logic [15:0] half_infinity(half_exponent_t exponent_bits);
    return 16'h7fff & ~((16'd1 << (4'd15 - exponent_bits)) - 16'd1);
  endfunction

  function automatic logic [15:0] half_nan(half_exponent_t exponent_bits);
    return half_infinity(exponent_bits) | 16'd1 << (4'd14 - exponent_bits);
  endfunction

  typedef struct packed {
    logic sign;
    logic is_nan;
    logic is_inf;
    logic [7:0] exponent;  // of a subnormal that of the smallest normal
    logic [10:0] significand;  // the leading one in bit 10; of a subnormal none
  } half_t;

  function automatic half_t half_of(half_exponent_t exponent_bits, logic [15:0] value);
    logic [7:0] field, special;
    logic [9:0] fraction;
    field = 8'(value[14:0] >> (4'd15 - exponent_bits));
    special = 8'((9'd1 << exponent_bits) - 9'd1);
    fraction = 10'(value[14:0] << (exponent_bits - 4'd5));
    half_of.sign = value[15];
    half_of.is_nan = field == special && fraction != '0;
    half_of.is_inf = field == special && fraction == '0;
    half_of.exponent = field == 8'd0 ? 8'd1 : field;
    half_of.significand = {field != 8'd0, fraction};
  endfunction

  // With another vector in memory, or with the fabric.
  function automatic logic combines(logic [5:0] opcode);
    return opcode == OpAdd32 || opcode == OpSub32 || opcode == OpMul32 || opcode == OpMax32;
  endfunction

  function automatic logic compares(logic [5:0] opcode);
    return opcode == OpKeepEqual32 || opcode == OpZeroEqual32;
  endfunction

  // Scalars from the fabric, the vector that the wavelet's index names.
  function automatic logic is_axpy(logic [5:0] opcode);
    return opcode == OpAxpy || opcode == OpAxpyKeep;
  endfunction

  function automatic logic is_outer(logic [5:0] opcode);
    return opcode == OpOuter || opcode == OpOuterMemory;
  endfunction

  // Scalars from memory, sent as they are used.
  function automatic logic gives_scalars(logic [5:0] opcode);
    return opcode == OpAxpyMemory || opcode == OpOuterMemory;
  endfunction

  // Vectors in memory that are read; a scalar is read before.
  function automatic logic has_two_sources(logic [5:0] opcode);
    unique case (opcode)
      OpReluBack16, OpAddLeft32, OpAddRight32: return 1'b1;
      default: return combines(opcode) || is_fmac(opcode);
    endcase
  endfunction

  function automatic logic is_fmac(logic [5:0] opcode);
    return opcode == OpFmac32 || opcode == OpFmac32Calls || opcode == OpHorner32;
  endfunction

  function automatic logic drains(logic [5:0] opcode);
    return opcode == OpDrain || opcode == OpDrain16;
  endfunction

  function automatic logic sends_vector(logic [5:0] opcode);
    return opcode == OpSend16 || opcode == OpSend32;
  endfunction

  function automatic logic stores(logic [5:0] opcode);
    return opcode == OpStore16 || opcode == OpStore32;
  endfunction

  // Elements at `a` that are halves.
  function automatic logic has_halves(logic [5:0] opcode, logic half_sums);
    unique case (opcode)
      OpRelu16, OpReluBack16, OpStore16, OpSend16, OpToHalf16, OpScale16, OpZeroBelow16: return 1'b1;
      default: return half_sums;
    endcase
  endfunction

  // Elements a cycle, by what they are; integers of 16 bits.
  typedef logic [7:0] lanes_t;
  typedef struct packed {
    lanes_t mixed;  // AXPY, OUTER
    lanes_t half_fmac;  // AXPY with sums of halves
    lanes_t add;
    lanes_t multiply;
    lanes_t max;
    lanes_t half_max;
    lanes_t fmac;
    lanes_t convert;
    lanes_t integers;
  } lane_spec_t;

  // Of a machine's lanes each looks at what it counts.
  /* verilator lint_off UNUSEDSIGNAL */
  function automatic lanes_t word_lanes(lane_spec_t lanes);
    return lanes.integers < 8'd2 ? 8'd1 : lanes.integers >> 1;
  endfunction

  function automatic lanes_t lanes_of(lane_spec_t lanes, logic [5:0] opcode, logic half_sums);
    unique case (opcode)
      OpAdd32, OpSub32, OpMove32: return lanes.add;
      OpMul32, OpMulInt32: return lanes.multiply;
      OpMax32: return lanes.max;
      OpRelu16, OpReluBack16: return lanes.half_max;
      OpFmac32, OpFmac32Calls, OpHorner32: return lanes.fmac;
      OpToHalf16, OpScale16: return lanes.convert;
      OpCount32, OpXorShift32, OpZeroBelow16, OpAddLeft32, OpAddRight32, OpKeepEqual32, OpZeroEqual32:
        return word_lanes(lanes);
      default: return half_sums ? lanes.half_fmac : lanes.mixed;
    endcase
  endfunction

  // Of an operand whose elements are some words apart no more than the banks give.
  function automatic lanes_t walking_lanes(lane_spec_t lanes, logic [5:0] opcode, logic half_sums, logic [15:0] stride);
    lanes_t all, narrow;
    all = lanes_of(lanes, opcode, half_sums);
    narrow = all > 8'd2 ? 8'd2 : all;
    if (!(compares(opcode) || opcode == OpMove32) || stride <= 16'd1) return all;
    unique case (stride[2:0])
      3'd0: return 8'd1;
      3'd1, 3'd4, 3'd7: return narrow;
      default: return all;
    endcase
  endfunction

  function automatic lanes_t more(lanes_t a, lanes_t b);
    return a > b ? a : b;
  endfunction

  // Lanes that add, that multiply 32 bits, that have operands of 32 bits, and all.
  function automatic lanes_t adder_lanes(lane_spec_t lanes);
    return more(more(lanes.mixed, lanes.half_fmac), lanes.add);
  endfunction

  function automatic lanes_t multiplier_lanes(lane_spec_t lanes);
    return more(lanes.multiply, lanes.fmac);
  endfunction

  function automatic lanes_t wide_lanes(lane_spec_t lanes);
    return more(more(more(adder_lanes(lanes), multiplier_lanes(lanes)), more(lanes.max, lanes.convert)), word_lanes(lanes));
  endfunction

  function automatic lanes_t all_lanes(lane_spec_t lanes);
    return more(wide_lanes(lanes), lanes.half_max);
  endfunction

  /* verilator lint_on UNUSEDSIGNAL */

  // What a thread did in this cycle: an issue, an element of DRAIN or STORE, a control wavelet, a branch.
  typedef struct packed {
    logic valid;
    logic thread;
    pc_t pc;
    logic took;
    color_t taken;  // color of what it took
    wavelet_t sent;
  } probe_t;

endpackage
