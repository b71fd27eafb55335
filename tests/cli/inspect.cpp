#include <doctest/doctest.h>
#include <fstream>
#include <support/data.hpp>
#include "program.hpp"

using nlohmann::json;
using test::outcome;
using test::run_program;

namespace {

namespace fs = std::filesystem;

/// Every case that upstream loads: its folder and its case.json.
template <class Visit>
void for_each_case(Visit visit) {
  std::size_t cases = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator{test::data() / "torchair"}) {
    std::ifstream stream{entry.path() / "case.json"};
    if (!stream || !fs::exists(entry.path() / "export.air")) continue;
    visit(entry.path(), json::parse(stream));
    ++cases;
  }
  CHECK(cases != 0);
}

}  // namespace

TEST_CASE("inspect counts in TorchAir's files what TorchAir put there") {
  for_each_case([](const fs::path& folder, const json& expected) {
    if (!expected.contains("op_types")) return;  // a case of several ranks does not count them in one place
    CAPTURE(folder);
    const outcome saved = run_program({"inspect", (folder / "export.air").string(), "--json"});
    CAPTURE(saved.err);
    REQUIRE(saved.code == 0);
    const json said = saved.json();
    CHECK(said.at("form") == "A");
    CHECK(said.at("operators") == expected.at("op_types"));
    CHECK(said.at("nodes").size() == expected.at("op_count"));
    for (const auto& [type, count] : said.at("operators").items()) CHECK(count > 0);
    const outcome handed = run_program({"inspect", (folder / "P.pb").string(), "--json"});
    CAPTURE(handed.err);
    REQUIRE(handed.code == 0);
    CHECK(handed.json().at("form") == "P");
    CHECK(handed.json().at("operators") == expected.at("op_types"));
  });
}

TEST_CASE("inspect --json keeps its promises") {
  const outcome shown = run_program({"inspect", "model.air", "--json"});
  REQUIRE(shown.code == 0);
  const json said = shown.json();
  CHECK(said.at("graph").is_string());
  CHECK(said.at("inputs") == json::parse(R"([{"name": "x", "dtype": "f32", "shape": [2, 2]},
                                             {"name": "y", "dtype": "f32", "shape": [2, 2]}])"));
  CHECK(said.at("outputs") == json::parse(R"([{"name": "out0", "dtype": "f32", "shape": [2, 2]}])"));
  CHECK(said.at("constants").at("count") == 10);
  CHECK(said.at("weights_files").empty());
  for (const char* key : {"name", "type", "inputs", "controls", "outputs"})
    CHECK(said.at("nodes").at(0).contains(key));
  CHECK_FALSE(said.at("nodes").at(0).contains("attributes"));
  CHECK(run_program({"inspect", "model.air", "--json", "--attributes"})
            .json()
            .at("nodes")
            .at(0)
            .contains("attributes"));
}

TEST_CASE("inspect shows one operator a line, and its attributes where they are wanted") {
  const outcome plain = run_program({"inspect", "model.air"});
  CHECK(plain.code == 0);
  CHECK(plain.out.find("in the form that GE saves (A)") != std::string::npos);
  CHECK(plain.out.find("  x f32[2, 2]\n") != std::string::npos);
  CHECK(plain.out.find("      2 MatMulV2\n") != std::string::npos);
  CHECK(plain.out.find("    index = ") == std::string::npos);
  const outcome detailed = run_program({"inspect", "model.air", "--attributes"});
  CHECK(detailed.out.find("    index = 1\n") != std::string::npos);
}

TEST_CASE("inspect names weights that lie outside the model without reading them") {
  const fs::path folder = test::data() / "torchair" / "w_external_relative";
  if (!fs::exists(folder)) return;
  fs::copy_file(folder / "export.air", test::sample_folder() / "alone.air",
                fs::copy_options::overwrite_existing);
  const outcome shown = run_program({"inspect", "alone.air", "--json"});
  REQUIRE(shown.code == 0);
  CHECK(!shown.json().at("weights_files").empty());
}
