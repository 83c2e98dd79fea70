#include "sw/kernels/round_program.h"

namespace weft::sw {

namespace {

struct Run {
  RoundBody first;
  int rounds = 1;

  friend bool operator==(const Run& a, const Run& b) { return a.first == b.first && a.rounds == b.rounds; }
};

std::vector<Run> runs_of(const std::vector<RoundBody>& rounds) {
  std::vector<Run> runs;
  for (std::size_t at = 0; at < rounds.size(); ++at) {
    if (at > 0 && rounds[at].follows(rounds[at - 1])) {
      ++runs.back().rounds;
    } else {
      runs.push_back({rounds[at]});
    }
  }
  return runs;
}

}  // namespace

bool RoundBody::follows(const RoundBody& before) const {
  const auto moves_on = [](int now, int was) { return was < 0 ? now < 0 : now == was + 1; };
  return moves_on(gives, before.gives) && moves_on(keeps, before.keeps) && moves_on(vector, before.vector) &&
         takes == before.takes && hands_on == before.hands_on && hands_vector_on == before.hands_vector_on &&
         advances == before.advances;
}

bool operator==(const RoundBody& a, const RoundBody& b) {
  return a.gives == b.gives && a.keeps == b.keeps && a.vector == b.vector && a.takes == b.takes &&
         a.hands_on == b.hands_on && a.hands_vector_on == b.hands_vector_on && a.advances == b.advances;
}

void add_rounds(ProgramBuilder& builder, const std::vector<RoundBody>& rounds,
                const std::function<void(const RoundBody&)>& body) {
  const std::vector<Run> runs = runs_of(rounds);
  const auto add_run = [&](const Run& run) {
    const int first = builder.here();
    body(run.first);
    builder.loop(first, run.rounds, 0);
  };
  for (std::size_t at = 0; at < runs.size();) {
    int repeats = 0;
    if (at + 1 < runs.size() && runs[at + 1].rounds == 1)
      for (std::size_t next = at; next + 1 < runs.size() && runs[next] == runs[at] && runs[next + 1] == runs[at + 1];
           next += 2)
        ++repeats;
    if (repeats < 2) {
      add_run(runs[at++]);
      continue;
    }
    const int first = builder.here();
    add_run(runs[at]);
    body(runs[at + 1].first);
    builder.loop(first, repeats, 1);
    at += 2 * static_cast<std::size_t>(repeats);
  }
}

}  // namespace weft::sw
