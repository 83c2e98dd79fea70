#include "sw/sweep/sweep_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "tlm/base/error.h"

namespace weft::sw {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// What `weft train` says of the run folder when it ends, in run.json; a run that was stopped has a report, too.
bool completed(const fs::path& run) {
  std::ifstream in(run / "run.json");
  const Json json = Json::parse(in, nullptr, false);
  std::error_code none;
  return json.is_object() && json.value("state", "") == "completed" && fs::exists(run / "report.json", none);
}

}  // namespace

const char* name_of(PointState state) {
  switch (state) {
    case PointState::missing:
      return "missing";
    case PointState::running:
      return "running";
    case PointState::failed:
      return "failed";
    case PointState::done:
      return "done";
  }
  return "";
}

PointClaim::~PointClaim() {
  if (descriptor_ >= 0) close(descriptor_);
}
PointClaim::PointClaim(PointClaim&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

SweepFolder::SweepFolder(fs::path folder, std::size_t points)
    : folder_(std::move(folder)), digits_(static_cast<int>(std::to_string(points).size())) {}

std::string SweepFolder::name(int number) const { return fmt::format("{:0{}}", number, digits_); }

void SweepFolder::make() const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw UsageError(fmt::format("-o {}: {}", folder_.string(), error.message()));
}

std::optional<PointRecord> SweepFolder::record(int number) const {
  const fs::path file = folder_ / (name(number) + ".json");
  std::ifstream in(file);
  if (!in) return {};
  const Json json = Json::parse(in, nullptr, false);
  try {
    PointRecord record;
    record.arguments = json.at("arguments").get<std::vector<std::string>>();
    record.exit_code = json.at("exit_code");
    record.seconds = json.at("seconds");
    record.error = json.at("error");
    return record;
  } catch (const Json::exception&) {
    throw UsageError(fmt::format("{}: no record of a sweep's point", file.string()));
  }
}

void SweepFolder::write(int number, const PointRecord& record) const {
  const Json json = {{"arguments", record.arguments},
                     {"exit_code", record.exit_code},
                     {"seconds", record.seconds},
                     {"error", record.error}};
  const fs::path file = folder_ / (name(number) + ".json"), part = fs::path(file) += ".part";
  std::ofstream out(part);
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  out.close();
  std::error_code error;
  if (out) fs::rename(part, file, error);
  if (!out || error) throw UsageError(fmt::format("{}: cannot be written", file.string()));
}

PointState SweepFolder::state(const SweepPoint& point) const {
  std::error_code none;
  const std::optional<PointRecord> found = record(point.number);
  if (found && found->arguments != point.arguments)
    throw UsageError(
        fmt::format("{}: point {} was run as `weft train {}`, and is `weft train {}` now: the sweep file "
                    "has changed. Give another folder (-o)",
                    folder_.string(), point.number, fmt::join(found->arguments, " "), fmt::join(point.arguments, " ")));
  if ((!found || found->exit_code == 0) && completed(run(point.number))) return PointState::done;
  if (fs::exists(folder_, none) && fs::exists(folder_ / (name(point.number) + ".lock"), none) && !claim(point.number))
    return PointState::running;
  return found ? PointState::failed : PointState::missing;
}

// The descriptor stays open in programs that are started meanwhile: a point whose sweep was killed is claimed until its
// own process has ended as well.
std::optional<PointClaim> SweepFolder::claim(int number) const {
  const fs::path file = folder_ / (name(number) + ".lock");
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT, 0666);  // NOLINT(cppcoreguidelines-pro-type-vararg)
  if (descriptor < 0) throw UsageError(fmt::format("{}: cannot be written", file.string()));
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return PointClaim(descriptor);
  close(descriptor);
  return {};
}

}  // namespace weft::sw
