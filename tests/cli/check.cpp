#include <doctest/doctest.h>
#include <fstream>
#include <support/data.hpp>
#include "program.hpp"

using nlohmann::json;
using test::outcome;
using test::run_program;

namespace {

namespace fs = std::filesystem;

json expected_of(const fs::path& folder) {
  std::ifstream stream{folder / "expected.json"};
  return json::parse(stream);
}

}  // namespace

TEST_CASE("check finds nothing wrong with the graphs of upstream and of TorchAir") {
  for (const char* folder : {"ge", "torchair"}) {
    const fs::path root = test::data() / folder;
    const json expected = expected_of(root);
    for (const auto& [file, upstream] : expected.items()) {
      const bool clean =
          upstream.value("prepare", "") == "clean" || upstream.value("stages", "") == "complete";
      // Damaged files that GE takes are still damaged; exports that its maker calls wrong are wrong; and
      // weights in files of their own are not beside every model. Shapes in private formats are not inferred.
      const bool sound = !file.starts_with("damaged/") && !file.starts_with("examples/") &&
                         !file.starts_with("m_cnn_dynamic/") && !file.starts_with("m_ln_gelu_ffn_dynamic/") &&
                         !file.starts_with("w_") && !file.starts_with("u_e7_") &&
                         !file.starts_with("u_private_format_");
      if (!clean || !sound || !fs::exists(root / file)) continue;
      CAPTURE(file);
      const outcome checked = run_program({"check", (root / file).string()});
      CAPTURE(checked.out);
      CAPTURE(checked.err);
      CHECK(checked.code == 0);
    }
  }
}

TEST_CASE("check refuses what upstream refuses, and says why") {
  const fs::path root = test::data() / "ge";
  const json expected = expected_of(root);
  for (const auto& [file, upstream] : expected.items()) {
    if (upstream.at("loader") != "rejects" || !fs::exists(root / file)) continue;
    CAPTURE(file);
    const outcome checked = run_program({"check", (root / file).string(), "--json"});
    CAPTURE(checked.err);
    CHECK((checked.code == 1 || checked.code == 3 || checked.code == 4));
    CHECK((checked.code == 1 ? !checked.json().at("errors").empty() : checked.json().contains("error")));
  }
}

TEST_CASE("check of any file ends with a verdict") {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator{test::data() / "ge"}) {
    if (entry.path().extension() != ".air") continue;
    CAPTURE(entry.path());
    const outcome checked = run_program({"check", entry.path().string()});
    CAPTURE(checked.err);
    CHECK(checked.code < 5);
    CHECK(run_program({"inspect", entry.path().string()}).code < 5);
  }
}

TEST_CASE("check --json keeps its promises") {
  const outcome checked = run_program({"check", "model.air", "--json"});
  REQUIRE(checked.code == 0);
  const json said = checked.json();
  CHECK(said.at("good") == true);
  CHECK(said.at("errors").empty());
  CHECK(said.at("warnings").is_array());
  CHECK(said.at("unknown_operators").is_object());
}
