// Question: what of a folder is a run's, under which name does an earlier start's report stay, who has which step, and
// what is left of a file that cannot be written?
#include <fmt/format.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <set>

#include "sw/driver/kept_outputs.h"
#include "sw/driver/run_folder.h"
#include "sw/driver/written_outputs.h"
#include "sw/report/run_report.h"
#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"

using namespace weft;
using weft::test::ScratchFolder;

namespace {

void write(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

/// A report whose steps are these: {global step, of training}.
std::string report_of(const std::vector<std::pair<int, bool>>& steps) {
  nlohmann::ordered_json json{{"schema", sw::report_schema.text()}, {"steps", nlohmann::ordered_json::array()}};
  for (const auto& [step, train] : steps) json["steps"].push_back({{"global_step", step}, {"train", train}});
  return json.dump();
}

std::set<std::string> names(const ScratchFolder& folder) {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) found.insert(entry.path().filename());
  return found;
}
using Names = std::set<std::string>;

}  // namespace

TEST_CASE("what a run writes, and what only looks like it") {
  for (const char* name :
       {"run.json", "run.log", "report.json", "summary.txt", "explain.txt", "report_to_3.json", "report_eval_3.json",
        "report_before.json", "summary_to_3.txt", "summary_eval_3.txt", "summary_before_2.txt", "checkpoint_7.mdl"})
    CHECK(sw::is_output(name));
  for (const char* name :
       {"plan.json", "run.txt", "report.txt", "summary.json", "report_to_3.txt", "my_report_to_3.json",
        "summary_to_3.json", "checkpoint_7.json", "report_of_mine.json", "notes.mdl", ".claim"})
    CHECK_FALSE(sw::is_output(name));
}

TEST_CASE("an earlier start's report is kept under its last step, beside those that have the name already") {
  const ScratchFolder folder;
  sw::keep_report(folder.path());
  CHECK(names(folder).empty());
  const auto keep = [&](const std::string& report) {
    write(folder / "report.json", report);
    write(folder / "summary.txt", report);
    sw::keep_report(folder.path());
  };
  keep(report_of({{29, true}, {30, true}, {30, false}}));
  CHECK(names(folder) == Names{"report_to_30.json", "summary_to_30.txt"});
  keep(report_of({{30, false}}));
  keep(report_of({}));
  CHECK(names(folder) == Names{"report_to_30.json", "summary_to_30.txt", "report_eval_30.json", "summary_eval_30.txt",
                               "report_to_0.json", "summary_to_0.txt"});
  std::filesystem::remove(folder / "report_to_30.json");
  keep(report_of({{30, true}}));  // the summary's name is taken
  CHECK(names(folder).count("report_to_30_2.json") == 1);
  CHECK(names(folder).count("summary_to_30_2.txt") == 1);
  CHECK(names(folder).count("report_to_30.json") == 0);
}

TEST_CASE("a report that does not say what it holds is kept, too") {
  const ScratchFolder folder;
  int number = 0;
  for (const std::string& damaged :
       {std::string(R"({"schema": "wef)"), std::string("[]"), std::string(R"({"schema": "other"})"),
        fmt::format(R"({{"schema": "{}"}})", sw::report_schema.text()),
        fmt::format(R"({{"schema": "{}", "steps": [{{"global_step": "x"}}]}})", sw::report_schema.text())}) {
    write(folder / "report.json", damaged);
    sw::keep_report(folder.path());
    const std::string name = ++number == 1 ? "report_before.json" : fmt::format("report_before_{}.json", number);
    CHECK(names(folder).count(name) == 1);
    CHECK(names(folder).size() == static_cast<std::size_t>(number));
  }
  write(folder / "summary.txt", "of a run that could not write its report");
  sw::keep_report(folder.path());
  CHECK(names(folder).count("summary_before_6.txt") == 1);
}

TEST_CASE("the kept report that has a step is the first that ends at it or behind it") {
  const ScratchFolder folder;
  for (const char* name : {"report_to_4.json", "report_to_10.json", "report_to_4_2.json", "report_eval_12.json",
                           "report_to_x.json", "report_to_20.json.mine"})
    write(folder / name, "{}");
  const auto name = [&](std::int64_t step) {
    const auto found = sw::kept_report(folder.path(), step);
    return found ? found->filename().string() : "none";
  };
  CHECK(name(0) == "none");
  CHECK(name(1) == "report_to_4.json");
  CHECK(name(4) == "report_to_4.json");
  CHECK(name(5) == "report_to_10.json");
  CHECK(name(10) == "report_to_10.json");
  CHECK(name(11) == "none");
}

TEST_CASE("what is set aside goes into a new folder, and what is no output stays") {
  const ScratchFolder folder;
  sw::set_aside(folder.path());
  CHECK(names(folder).empty());
  for (int number = 1; number <= 2; ++number) {
    for (const char* name : {"run.json", "checkpoint_3.mdl", "mine.txt"}) write(folder / name, "x");
    CHECK(sw::holds_run(folder.path()));
    sw::set_aside(folder.path());
    CHECK_FALSE(sw::holds_run(folder.path()));
    CHECK(std::filesystem::exists(folder / fmt::format("overwritten_{}", number) / "run.json"));
    CHECK(std::filesystem::exists(folder / fmt::format("overwritten_{}", number) / "checkpoint_3.mdl"));
  }
  CHECK(names(folder) == Names{"mine.txt", "overwritten_1", "overwritten_2"});
}

TEST_CASE("a file that cannot be written leaves nothing half done, and removes nothing that was there") {
  const ScratchFolder folder;
  sw::write_whole(folder / "text", "whole");
  CHECK(weft::test::read_bytes(folder / "text").size() == 5);
  std::filesystem::create_directory(folder / "taken");
  CHECK_THROWS_AS(sw::write_whole(folder / "taken", "text"), UsageError);
  CHECK(names(folder) == Names{"taken", "text"});
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{0, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &none);
  CHECK_THROWS_AS(sw::write_whole(folder / "text", "other"), UsageError);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(names(folder) == Names{"taken", "text"});
  CHECK(weft::test::read_bytes(folder / "text").front() == 'w');
}

TEST_CASE("what cannot be written is told all at once, as an error of the user's only if nothing else failed") {
  sw::WrittenOutputs good, files, more;
  good.attempt([] {});
  CHECK_NOTHROW(good.rethrow());
  files.attempt([] { throw UsageError("first: no room"); });
  files.attempt([] { throw UsageError("second: no room"); });
  CHECK_THROWS_AS(files.rethrow(), UsageError);
  CHECK_THROWS_WITH(files.rethrow(), "first: no room\nsecond: no room");
  more.attempt([] { throw std::runtime_error("a row is missing"); });
  more.attempt([] { throw UsageError("second: no room"); });
  CHECK_THROWS_AS(more.rethrow(), SimulationError);
}
