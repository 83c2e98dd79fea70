// Question: are the budget's numbers those that one works out by hand from the machine file and the shape?
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <limits>
#include <map>
#include <string>
#include <tuple>

#include "hw/fabric/launch_map.h"
#include "hw/fabric/mapping.h"
#include "hw/pe/special_sequences.h"
#include "hw/spec/machine_file.h"
#include "sw/budget/budget_page.h"
#include "sw/budget/mapped_step.h"
#include "sw/budget/omissions.h"
#include "sw/budget/page_lines.h"
#include "sw/compiler/prediction.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::sw;

namespace {

const std::filesystem::path kMachines = weft::test::source_path("hw/machines");
const std::filesystem::path kModels = weft::test::source_path("sw/budget/transformers.yaml");

/// 10 x 10 PEs of 10 kB, 1 multiply-add a cycle at 1 MHz: 200 Mflop/s; links of 8 kB/s; 1 MB less 0.1 MB of code.
hw::MachineSpec small_machine() {
  hw::MachineSpec machine;
  machine.name = "small";
  machine.fabric = {10, 10, 10, 10};
  machine.pe.sram_bytes = 10'000;
  machine.pe.code_bytes = 1'000;
  machine.pe.lanes.fmac_mixed = 1;
  machine.pe.lanes.fmac_fp16 = 2;
  machine.clock.mega_hertz = 1;
  machine.io.ethernet_links = 1;
  machine.io.ethernet_gbps = 64e-6;
  machine.max_systems = 4;
  return machine;
}

/// 2 layers of 10: 12 x 2 x 100 = 2400 weights in blocks, 5 x 10 = 50 in the head; 20 tokens a sequence.
Transformer small_model() {
  Transformer model;
  model.layers = 2;
  model.hidden = 10;
  model.heads = 2;
  model.vocabulary = 5;
  model.sequence = 20;
  return model;
}

BudgetOptions batch_of(int batch) {
  BudgetOptions options;
  options.batch = batch;
  return options;
}

}  // namespace

TEST_CASE("weights and parameters") {
  CHECK(small_model().weights() == 2450);
  CHECK(small_model().parameters() == 2450 + 13 * 2 * 10 + 20 * 10 + 2 * 10);
  const Transformer gpt = read_transformer("gpt3_13b", kModels);
  CHECK(gpt.weights() == 12'840'227'840);
  CHECK(gpt.parameters() == 12'853'386'240);
  CHECK(read_transformer("gpt3_175b", kModels).parameters() == 174'604'259'328);
}

TEST_CASE("a machine's rates") {
  const MachineBudget small(small_machine());
  CHECK(small.flops == 2e8);
  CHECK(small.stream == 8e3);
  CHECK(small.sram == 1'000'000);
  const MachineBudget wse2(hw::load_machine("wse2", kMachines));
  CHECK(wse2.pes == 745'500);
  CHECK(wse2.flops == Approx(2.5347e15));
  CHECK(wse2.stream == 150e9);
  CHECK(wse2.sram == 36'642'816'000);
}

TEST_CASE("passes: flop, bytes, and the longer of the two") {
  // 8 sequences: 160 tokens. Forward 2 x 2450 x 160 = 784,000 flop; 2 micro-batches stream 2 x 2450 x 2 B.
  const StepBudget way = step_budget(small_model(), small_machine(), batch_of(8), Recompute::layer, 2);
  REQUIRE(way.passes.size() == 4);
  CHECK(way.tokens == 80);
  CHECK(way.passes[0].flop == 784'000);
  CHECK(way.passes[0].bytes == 9'800);
  CHECK(way.passes[0].compute_seconds == Approx(0.00392));
  CHECK(way.passes[0].stream_seconds == Approx(1.225));
  CHECK(way.passes[1].flop == 2 * 2400 * 160);
  CHECK(way.passes[1].bytes == 2 * 2 * 2400);
  CHECK(way.passes[3].bytes == 2 * 4 * 2450);
  CHECK_FALSE(way.passes[3].inwards);
  CHECK(way.seconds == Approx(1.225 + 1.2 + 1.225 + 2.45));
  CHECK(step_budget(small_model(), small_machine(), batch_of(8), Recompute::none, 2).passes.size() == 3);
}

TEST_CASE("sums of 16 bits: twice the rate forward and of deltas but the head's") {
  BudgetOptions options = batch_of(8);
  options.precision_opt_level = 1;
  const StepBudget way = step_budget(small_model(), small_machine(), options, Recompute::layer, 2);
  CHECK(way.passes[0].compute_seconds == Approx(784'000 / 400e6));
  CHECK(way.passes[1].compute_seconds == Approx(768'000 / 400e6));
  CHECK(way.passes[2].compute_seconds == Approx(768'000 / 400e6 + 16'000 / 200e6));
  CHECK(way.passes[3].compute_seconds == Approx(784'000 / 200e6));
  CHECK(way.passes[2].flop == 784'000);
}

TEST_CASE("SRAM at its fullest, and the gate: what fits and one byte less") {
  // 80 tokens x 10 x 2 B = 1600 B a width. Kept: 1 x 2 layers. Backward: 5 + 9 widths. Accumulators 80 x 10 rows x 4 B.
  hw::MachineSpec machine = small_machine();
  const SramBudget sram = step_budget(small_model(), machine, batch_of(8), Recompute::layer, 2).sram;
  CHECK(sram.code == 100'000);
  CHECK(sram.kept == 3'200);
  CHECK(sram.backward == 22'400);
  CHECK(sram.accumulators == 3'200);
  CHECK(sram.loss == 80 * 5 * 4);
  CHECK(sram.total() == 100'000 + 3'200 + 22'400 + 3'200);
  CHECK(step_budget(small_model(), machine, batch_of(8), Recompute::none, 2).sram.kept == 16 * 3'200);
  CHECK(step_budget(small_model(), machine, batch_of(8), Recompute::elementwise, 2).sram.kept == 10 * 3'200);
  machine.pe.sram_bytes = 1'288;
  CHECK(step_budget(small_model(), machine, batch_of(8), Recompute::layer, 2).fits);
  machine.pe.sram_bytes = 1'287;
  CHECK_FALSE(step_budget(small_model(), machine, batch_of(8), Recompute::layer, 2).fits);
}

TEST_CASE("attention: 2 S h per token and layer forward, 3.5 or 4 times that in all") {
  CHECK(attention_flop(small_model(), 160, Recompute::none) == 3.5 * 2 * 20 * 10 * 2 * 160);
  CHECK(attention_flop(small_model(), 160, Recompute::layer) == 4.0 * 2 * 20 * 10 * 2 * 160);
}

TEST_CASE("13B on one wse2: the whole layer is recomputed, 8 micro-batches, no room for a loss") {
  const Transformer model = read_transformer("gpt3_13b", kModels);
  const hw::MachineSpec machine = hw::load_machine("wse2", kMachines);
  const Budget budget = make_budget(model, machine, batch_of(128));
  REQUIRE(budget.best == 2);
  const StepBudget& best = budget.ways[2];
  CHECK(best.recompute == Recompute::layer);
  CHECK(best.micro_batches == 8);
  // (8 x 12,582,912,000 + 6 x 257,315,840) x 262,144 tokens / 2.5347e15
  CHECK(best.compute_seconds == Approx(10.5702).epsilon(1e-4));
  // The gradient of 8 micro-batches, 4 B a weight, over 150 GB/s takes longer than its arithmetic.
  CHECK(best.passes[3].seconds() == Approx(8 * 4 * 12'840'227'840.0 / 150e9));
  CHECK(budget.ways[0].micro_batches == 64);
  CHECK(budget.ways[0].seconds == Approx(64 * 8 * 12'840'227'840.0 / 150e9));
  REQUIRE(measured_step(model, machine, batch_of(128)) != nullptr);
  CHECK(measured_step(model, machine, batch_of(127)) == nullptr);
}

TEST_CASE("seconds and bytes have three digits, on either side of each gate") {
  CHECK(seconds_text(9.994) == "9.99 s");
  CHECK(seconds_text(9.995) == "10.0 s");
  CHECK(seconds_text(99.94) == "99.9 s");
  CHECK(seconds_text(99.95) == "100 s");
  CHECK(seconds_text(0.9994) == "999 ms");
  CHECK(seconds_text(0.9995) == "1.00 s");
  CHECK(seconds_text(0.9994e-3) == "999 us");
  CHECK(seconds_text(0.9995e-3) == "1.00 ms");
  CHECK(bytes_text(999.4) == "999 B");
  CHECK(bytes_text(999.5) == "1.00 kB");
  CHECK(bytes_text(99.95e6) == "100 MB");
}

TEST_CASE("the multiply-adds that the measured step asks of a PE each cycle, without and with attention, by hand") {
  // GPT-3 13B on one wse2, 128 sequences of 2048, 10.8 s: 12,840,227,840 weights, two flop each, three passes;
  // attention 3.5 times 2 S h a token and layer, S = 2048, h = 5120, 40 layers.
  const Transformer model = read_transformer("gpt3_13b", kModels);
  const hw::MachineSpec machine = hw::load_machine("wse2", kMachines);
  const BudgetOptions options = batch_of(128);
  const MeasuredStep* measured = measured_step(model, machine, options);
  REQUIRE(measured != nullptr);
  const std::string page = budget_page(model, machine, options, make_budget(model, machine, options));
  const double tokens = 128.0 * 2048, matrices = 3 * 2 * 12'840'227'840.0 * tokens,
               attention = 3.5 * 2 * 2048 * 5120 * 40 * tokens;
  for (const auto& [name, clock] : machine.clock_profiles) {
    const double per_cycle = 2 * 745'500.0 * static_cast<double>(clock.mega_hertz) * 1e6 * measured->seconds;
    CHECK_THAT(page, Catch::Contains(fmt::format("  none         {:>8} MHz {:>9.2f} {:>12.2f}", clock.mega_hertz,
                                                 matrices / per_cycle, (matrices + attention) / per_cycle)));
  }
}

TEST_CASE("what is lacking is said of that which is worth a five-hundredth of a step, and of nothing less") {
  const hw::MachineSpec machine = hw::load_machine("wse2", kMachines);
  bool some = false, small = false;
  for (const std::string& name : transformer_names(kModels)) {
    const Transformer model = read_transformer(name, kModels);
    const Budget budget = make_budget(model, machine, batch_of(128));
    if (budget.best < 0) continue;
    const StepBudget& best = budget.ways[static_cast<std::size_t>(budget.best)];
    std::string said;
    for (const std::string& sentence : conclusions(model, machine, batch_of(128), budget)) said += sentence;
    for (const Omission& omission : omissions(model, machine, best, budget.tokens)) {
      const bool worth = omission.seconds >= 0.002 * best.seconds;
      CAPTURE(name, omission.name, omission.seconds, best.seconds);
      CHECK((said.find(omission.name + " (") != std::string::npos) == worth);
      (worth ? some : small) = true;
    }
  }
  CHECK((some && small));
}

TEST_CASE("a page has all that is left out of the bound of its best way, and the launches that it would be mapped to") {
  const hw::MachineSpec machine = hw::load_machine("wse2", kMachines);
  for (const std::string& name : transformer_names(kModels)) {
    const Transformer model = read_transformer(name, kModels);
    const Budget budget = make_budget(model, machine, batch_of(128));
    if (budget.best < 0) continue;
    const std::string page = budget_page(model, machine, batch_of(128), budget);
    const StepBudget& best = budget.ways[static_cast<std::size_t>(budget.best)];
    for (const Omission& omission : omissions(model, machine, best, budget.tokens))
      CHECK_THAT(page, Catch::Matchers::Contains("\n  " + omission.name + " "));
    CHECK_THAT(page, Catch::Matchers::Contains("matrix launches"));
    CHECK_THAT(page, Catch::Matchers::Contains("of it between launches"));
  }
}

TEST_CASE("a page stays within 80 columns, for every model, machine and number of systems") {
  for (const std::string& name : transformer_names(kModels))
    for (const char* machine_name : {"mini", "wse2", "wse3"})
      for (const int systems : {1, 16}) {
        BudgetOptions options = batch_of(128);
        options.systems = systems;
        const Transformer model = read_transformer(name, kModels);
        const hw::MachineSpec machine = hw::load_machine(machine_name, kMachines);
        const std::string page = budget_page(model, machine, options, make_budget(model, machine, options));
        std::size_t begin = 0;
        for (std::size_t end; (end = page.find('\n', begin)) != std::string::npos; begin = end + 1) {
          CAPTURE(name, machine_name, page.substr(begin, end - begin));
          CHECK(end - begin <= 80);
        }
      }
}

TEST_CASE("what the bound leaves out, by hand: 40 tokens of the small model on the small machine") {
  hw::MachineSpec machine = small_machine();
  machine.pe = hw::load_machine("mini", kMachines).pe;
  machine.pe.lanes = {1, 2, 1, 2, 4, 1, 1, 8, 1};  // add 2, multiply 4, convert 8 elements a cycle
  machine.router.hop_cycles = 1;
  machine.router.ramp_cycles = 2;
  machine.memoryx.weight_servers = 2;
  machine.memoryx.update_params_per_s = 300;
  const double exponential = hw::exponential_cycles(machine.pe), score = exponential + 1 + 0.5 + 0.25;
  REQUIRE(exponential > 1);
  StepBudget kept, again;
  again.recompute = Recompute::layer;
  again.micro_batches = 3;
  constexpr double rate = 100e6, flops = 200e6;  // PE-cycles, flop a second
  for (const auto& [way, passes, products] : {std::tuple{&kept, 3, 3.5}, {&again, 4, 4.0}}) {
    std::map<std::string, double> expected = {
        {"attention products", 2 * 20 * 10 * 2 * 40 * products / flops},
        {"attention softmax", 40 * 2 * 2 * 20 / 2 * score * passes / rate},
        {"activation function", 40 * 2 * 4 * 10 * exponential * passes / rate},
        {"layer norm", 40 * 2 * 2 * 10 * (0.5 + 2 + 0.125) * passes / rate},
        {"layer norm, column sums", 2 * 2 * passes * way->micro_batches * (10 * (2 * 2 + 1 + 1 + 1)) / 1e6},
        {"softmax of the loss", 40 * 5 * score / rate},
        {"embedding on the links", 40 * 10 * 6 / 8e3},
        {"turn of the step", 12 * 10 * 10 / 600.0},
    };
    double before = std::numeric_limits<double>::infinity();
    for (const Omission& omission : omissions(small_model(), machine, *way, 40)) {
      CAPTURE(omission.name, passes);
      CHECK(omission.seconds == Approx(expected.at(omission.name)).epsilon(1e-12));
      CHECK(omission.seconds <= before);
      before = omission.seconds;
      expected.erase(omission.name);
    }
    CHECK(expected.empty());
  }
}

TEST_CASE("what cannot be used is refused with the nearest that can") {
  using Catch::Contains;
  CHECK_THROWS_WITH(read_transformer("gpt3_31b", kModels), Contains("gpt3_31b") && Contains("nearest: gpt3_13b"));
  CHECK_THROWS_WITH(read_transformer("gpt3_13b", kModels, {"hiden=5"}), Contains("hiden") && Contains("hidden"));
  CHECK_THROWS_WITH(read_transformer("gpt3_13b", kModels, {"heads=41"}), Contains("heads") && Contains("5120"));
  CHECK(read_transformer("gpt3_13b", kModels, {"hidden=8000"}).measured.empty());
  BudgetOptions options = batch_of(10);
  options.systems = 4;
  CHECK_THROWS_WITH(make_budget(small_model(), small_machine(), options), Contains("--batch 10") && Contains("8"));
  options.systems = 5;
  CHECK_THROWS_WITH(make_budget(small_model(), small_machine(), options), Contains("--num_csx 5") && Contains("4"));
  options = batch_of(8);
  options.micro_batches = 3;
  CHECK_THROWS_WITH(make_budget(small_model(), small_machine(), options),
                    Contains("--micro_batches 3") && Contains("nearest: "));
}

namespace {

/// Of the small model's matrices: queries, keys and values; what attention gives; there and back of the feed-forward;
/// the output layer.
double matrix_seconds(const hw::MachineSpec& machine, const StepBudget& way, const hw::Mapping& mapping) {
  const Transformer model = small_model();
  const int h = model.hidden;
  const hw::EdgeLayout layout(machine, mapping);
  Cycle cycles = 0;
  const auto add = [&](int inputs, int outputs, int times, bool again) {
    const hw::MatrixLayer layer{"", inputs, outputs, "", 0};
    const auto of = [&](hw::KernelKind kind) {
      return predict_matrix(machine, layout, hw::LaunchMap(kind, layer, mapping.lane, mapping.lane_tokens(8, 0)));
    };
    const Cycle forward = of(hw::KernelKind::matmul_forward);
    cycles += times * (forward + (again ? forward : 0) + of(hw::KernelKind::matmul_delta) +
                       of(hw::KernelKind::matmul_gradient));
  };
  const bool again = way.recompute == Recompute::layer;
  for (const auto& [inputs, outputs] : {std::pair(h, 3 * h), std::pair(h, h), std::pair(h, 4 * h), std::pair(4 * h, h)})
    add(inputs, outputs, model.layers, again);
  add(h, model.vocabulary, 1, false);
  return machine.clock.seconds(way.micro_batches * cycles);
}

}  // namespace

TEST_CASE("matrix launches of a step: three of each product, four of what runs again, and a sweep between them") {
  const hw::MachineSpec machine = hw::load_machine("mini", kMachines);
  StepBudget way;
  way.tokens = 8;
  way.micro_batches = 3;
  for (const auto& [recompute, launches] :
       {std::pair(Recompute::none, 3 * (2 * 4 * 3 + 3)), std::pair(Recompute::layer, 3 * (2 * 4 * 4 + 3))}) {
    way.recompute = recompute;
    const MappedStep step = mapped_step(small_model(), machine, way);
    CHECK(step.launches == launches);
    CHECK(step.seconds - step.gaps == Approx(matrix_seconds(machine, way, step.mapping)));
    CHECK(step.gaps == Approx(machine.clock.seconds(launches * launch_gap(machine, step.mapping))));
    CHECK(step.seconds > step.gaps);
  }
}
