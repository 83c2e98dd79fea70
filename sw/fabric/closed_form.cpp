#include "sw/fabric/closed_form.h"

#include <algorithm>
#include <cmath>

namespace weft::sw {

namespace {

struct Form {
  const char* name;
  const char* letters;
  const char* text;
  double (*cycles)(const std::map<char, double>&, double ramp, const hw::LaneSpec& lanes);
};

double chain(double p, double b, double r) { return b + (2 * r + 2) * (p - 1); }
double broadcast(double p, double b, double r) { return b + p + 2 * r; }

using Values = std::map<char, double>;
using Lanes = hw::LaneSpec;

const Form forms[] = {
    {"broadcast", "PB", "B + P + 2r",
     [](const Values& v, double r, const Lanes&) { return broadcast(v.at('P'), v.at('B'), r); }},
    {"chain", "PB", "B + (2r+2)(P-1)",
     [](const Values& v, double r, const Lanes&) { return chain(v.at('P'), v.at('B'), r); }},
    {"reduce_2d", "WHB", "[B + (2r+2)(W-1)] + [B + (2r+2)(H-1)]",
     [](const Values& v, double r, const Lanes&) {
       return chain(v.at('W'), v.at('B'), r) + chain(v.at('H'), v.at('B'), r);
     }},
    // The last group's first PE passes on what comes: its sum is at the next one's when that one has its own, or as
    // long after it as it takes on its way.
    {"two_phase", "PBS", "max(B + (2r+2)(S-1), (2r+2)(L-1) + S+2r+1) + B + (P/S-2)(S+2r+1), L in the last group",
     [](const Values& v, double r, const Lanes&) {
       const double p = v.at('P'), b = v.at('B'), s = v.at('S'), groups = std::ceil(p / s), last = p - (groups - 1) * s;
       const double way = s + 2 * r + 1;
       return std::max(chain(s, b, r), (2 * r + 2) * (last - 1) + way) + b + (groups - 2) * way;
     }},
    {"star", "PB", "B (P-1) + 2r + 1",
     [](const Values& v, double r, const Lanes&) { return v.at('B') * (v.at('P') - 1) + 2 * r + 1; }},
    {"tree", "PB", "B log2(P) + P-1 + (2r+1) log2(P)",
     [](const Values& v, double r, const Lanes&) {
       const double p = v.at('P'), depth = std::ceil(std::log2(p));
       return v.at('B') * depth + p - 1 + (2 * r + 1) * depth;
     }},
    {"all_reduce", "PB", "[B + (2r+2)(P-1)] + [B + P + 2r]",
     [](const Values& v, double r, const Lanes&) {
       return chain(v.at('P'), v.at('B'), r) + broadcast(v.at('P'), v.at('B'), r);
     }},
    {"matvec", "nT", "T (n^2 + 1.1 n + 37)",
     [](const Values& v, double, const Lanes&) {
       const double n = v.at('n');
       return v.at('T') * (n * n + 1.1 * n + 37);
     }},
    // Main thread and receiver share the core: a send, 7 multiply-adds of which one clashes, a drain; 4 stores and a
    // loop an element. The first word's way is waited for; what four senders wait for each other is not in it.
    {"stencil_7", "ZT", "T (15 Z + 2r + 15)",
     [](const Values& v, double r, const Lanes&) { return v.at('T') * (15 * v.at('Z') + 2 * r + 15); }},
    // The product, and in each shift two sends, two stores and the words by which the threads wait for each other.
    {"gemm_shift", "Pt", "P t (t (1 + t/l) + 1) + (P-1)(2 t^2 + 9), l lanes of fp16 into fp32",
     [](const Values& v, double, const Lanes& lanes) {
       const double p = v.at('P'), t = v.at('t');
       return p * t * (t * (1 + std::ceil(t / lanes.fmac_mixed)) + 1) + (p - 1) * (2 * t * t + 9);
     }},
};

const Form& form_of(const std::string& name) {
  return *std::find_if(std::begin(forms), std::end(forms), [&](const Form& form) { return name == form.name; });
}

}  // namespace

std::vector<std::string> closed_form_names() {
  std::vector<std::string> names;
  for (const Form& form : forms) names.emplace_back(form.name);
  return names;
}

std::string closed_form_letters(const std::string& name) { return form_of(name).letters; }

ClosedForm closed_form(const std::string& name, const std::map<char, double>& values, const hw::MachineSpec& machine) {
  const Form& form = form_of(name);
  return {form.name, form.text, form.cycles(values, machine.router.ramp_cycles, machine.pe.lanes)};
}

}  // namespace weft::sw
