#pragma once
// Where a result comes from: in everything that a run writes.
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace weft::sw {

struct Provenance {
  std::string version, commit, compiler;                   ///< of the program
  std::string host;                                        ///< that it ran on
  std::string run_id;                                      ///< see sw/driver/step_settings.h
  std::vector<std::pair<std::string, std::string>> seeds;  ///< by the path of their setting
};

/// "weft 0.1.0, commit 1a2b3c4d5e6f, GNU 12.2.0, Release", "on host, run 0123456789abcdef", "runconfig.seed 1, ...";
/// at most 80 columns each as far as names allow.
std::vector<std::string> provenance_lines(const Provenance& from);

nlohmann::ordered_json provenance_json(const Provenance& from);

}  // namespace weft::sw
