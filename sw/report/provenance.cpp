#include "sw/report/provenance.h"

#include <fmt/format.h>

namespace weft::sw {

std::vector<std::string> provenance_lines(const Provenance& from) {
  std::string seeds;
  for (const auto& [path, seed] : from.seeds) seeds += fmt::format("{}{} {}", seeds.empty() ? "" : ", ", path, seed);
  return {fmt::format("weft {}, commit {}, {}", from.version, from.commit, from.compiler),
          fmt::format("on {}, run {}", from.host, from.run_id), seeds};
}

nlohmann::ordered_json provenance_json(const Provenance& from) {
  nlohmann::ordered_json json = {{"version", from.version},
                                 {"commit", from.commit},
                                 {"compiler", from.compiler},
                                 {"host", from.host},
                                 {"run_id", from.run_id}};
  nlohmann::ordered_json seeds = nlohmann::ordered_json::object();
  for (const auto& [path, seed] : from.seeds) seeds[path] = seed;
  json["seeds"] = std::move(seeds);
  return json;
}

}  // namespace weft::sw
