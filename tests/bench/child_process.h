#pragma once
// Measurements that need a process of their own: a SystemC kernel starts once, and memory is counted from nothing.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace weft::bench {

/// Runs this program as `weft_bench --child ARGUMENTS...` and returns the JSON that it prints; the child reads
/// `started`, the parent's clock before the start. Throws SimulationError if the child fails.
nlohmann::json run_child(const std::vector<std::string>& arguments);

/// In a child: seconds since the parent started it.
double seconds_since_start();
/// Processor time of this process, in seconds: what others do on the machine is not in it.
double processor_seconds();
/// In a child: resident memory now, and at most so far, in bytes.
std::int64_t resident_bytes();
std::int64_t peak_bytes();

/// Prints the measurement that `arguments` name and ends the process.
[[noreturn]] void child_main(const std::vector<std::string>& arguments);

nlohmann::json measure_cluster(const std::vector<std::string>& arguments);
nlohmann::json measure_engine_memory(const std::vector<std::string>& arguments);
nlohmann::json measure_event_per_pe(const std::vector<std::string>& arguments);

}  // namespace weft::bench
