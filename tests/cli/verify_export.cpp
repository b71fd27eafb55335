#include <doctest/doctest.h>
#include <fstream>
#include "program.hpp"

using test::run_program;

TEST_CASE("verify-export: good, then with a file too many, then without a manifest") {
  namespace fs = std::filesystem;
  const fs::path folder = test::sample_folder() / "verified";
  fs::copy(test::sample_folder() / "export_file", folder);
  CHECK(run_program({"verify-export", "verified"}).out == "Good: every file is what was exported.\n");
  std::ofstream{folder / "more"} << "more";
  const auto more = run_program({"verify-export", "verified", "--json"});
  CHECK(more.code == 1);
  CHECK(more.json().at("good") == false);
  CHECK(more.json().at("findings").at(0).at("path") == "more");
  CHECK(more.json().at("findings").at(0).at("what") == "extra");
  CHECK(run_program({"verify-export", "verified"}).out.starts_with("more: extra. "));
  fs::remove(folder / "manifest.json");
  CHECK(run_program({"verify-export", "verified"}).code == 3);
  std::ofstream{folder / "manifest.json"} << "{}";
  CHECK(run_program({"verify-export", "verified"}).code == 3);
}
