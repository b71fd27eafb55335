#include <doctest/doctest.h>
#include <airloom/air/gears_file.hpp>
#include <airloom/air/save.hpp>
#include <airloom/weights/npy.hpp>
#include <fstream>

#include "program.hpp"
#include "support/graphs.hpp"
#include "support/stand_in_atc.hpp"
#include "support/temporary_folder.hpp"

namespace {

using words = std::vector<std::string>;
using airloom::extent;

/// A model of the gears 1 and 4, the file that says them, and arrays of 4 and 3 rows.
struct geared_model {
  geared_model() {
    test::graph_builder b;
    const int x = b.input("x", airloom::f32, test::shape({extent::of_axis(0), 2}));
    b.result({b.node("Relu", {x})});
    b.g.gears = {{"batch"}, {1, 4}, 2};
    airloom::air::save(b.g, model());
    std::ofstream{folder / "model.gears.json"} << *airloom::air::gears_text(b.g);
    for (const std::int64_t rows : {3, 4}) {
      const std::vector<float> values(static_cast<std::size_t>(rows) * 2, 1.0F);
      airloom::weights::write_npy(
          folder / (std::to_string(rows) + ".npy"),
          {airloom::f32, {rows, 2}, airloom::blob::copy_of(std::as_bytes(std::span{values}))});
    }
  }
  std::string model() const { return folder / "model.air"; }
  words atc(const std::string& program, const words& more = {}) const {
    words all{"atc",       model(), "--soc-version", "Ascend910B1", "--output", folder / "out/model",
              "--program", program};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string line(const std::string& program) const {
    return program + " --mode=0 --framework=1 --model=" + model() + " --output=" + (folder / "out/model") +
           " --soc_version=Ascend910B1 --input_format=ND --input_shape=x:-1,2 '--dynamic_dims=1;4'\n";
  }

  test::temporary_folder folder;
};

}  // namespace

TEST_CASE("atc prints the command, runs it, and shows what ATC printed") {
  const geared_model m;
  const std::string program = test::write_stand_in_atc(m.folder / "bin");
  const test::outcome first = test::run_program(m.atc(program, {"--", "--log=error"}));
  CHECK(first.code == 0);
  std::string line = m.line(program);
  line.insert(line.size() - 1, " --log=error");
  CHECK(first.out.starts_with(line));
  CHECK(first.out.find("ATC run success") != std::string::npos);
  CHECK(first.out.find("made " + (m.folder / "out/model.om")) != std::string::npos);
  const test::outcome second = test::run_program(m.atc(program, {"--", "--log=error"}));
  CHECK(second.code == 0);
  CHECK(second.out.find("is up to date") != std::string::npos);
  const auto calls = test::calls_of_stand_in(m.folder / "bin");
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].back() == "--log=error");
}

TEST_CASE("atc --json says the words, the line and what was made") {
  const geared_model m;
  const std::string program = test::write_stand_in_atc(m.folder / "bin");
  const nlohmann::json call = test::run_program(m.atc(program, {"--json"})).json().at("calls").at(0);
  CHECK(call.at("command").get<words>().size() == 9);
  CHECK(call.at("command").at(8) == "--dynamic_dims=1;4");
  CHECK(call.at("line").get<std::string>() + "\n" == m.line(program));
  CHECK(call.at("offline_model") == m.folder / "out/model.om");
  CHECK(call.at("log") == m.folder / "out/model.atc.log");
  CHECK(call.at("cached") == false);
}

TEST_CASE("where ATC is missing the command is printed all the same, and the exit code is 5") {
  const geared_model m;
  const test::outcome text = test::run_program(m.atc("/no/such/atc"));
  CHECK(text.code == 5);
  CHECK(text.out == m.line("/no/such/atc"));
  CHECK(text.err.starts_with("[AL702] "));
  CHECK(text.err.find("set_env.sh") != std::string::npos);
  const test::outcome json = test::run_program(m.atc("/no/such/atc", {"--json"}));
  CHECK(json.code == 5);
  CHECK(json.json().at("error").at("code") == "AL702");
  CHECK(json.json().at("calls").at(0).at("line").get<std::string>() + "\n" == text.out);
  const test::outcome dry = test::run_program(m.atc("/no/such/atc", {"--dry-run"}));
  CHECK(dry.code == 0);
  CHECK(dry.out == text.out);
  CHECK(!std::filesystem::exists(m.folder / "out"));
}

TEST_CASE("atc refuses a chip that is not known, and runs nothing") {
  const geared_model m;
  words all = m.atc(test::write_stand_in_atc(m.folder / "bin"));
  all[3] = "Ascend910B9";
  const test::outcome refused = test::run_program(all);
  CHECK(refused.code == 2);
  CHECK(refused.out.empty());
  CHECK(refused.err.starts_with("[AL701] 'Ascend910B9' is no chip that is known here. "));
  CHECK(refused.err.find("Ascend910B1, ") != std::string::npos);
  CHECK(!std::filesystem::exists(m.folder / "bin/calls"));
}

TEST_CASE("what ATC says of its failure is shown; a failure is exit code 1, a time limit 4") {
  const geared_model m;
  const std::string failing =
      test::write_stand_in_atc(m.folder / "bin", "echo 'E10501: no such operator'; exit 255");
  const test::outcome failed = test::run_program(m.atc(failing));
  CHECK(failed.code == 1);
  CHECK(failed.out.find("ATC start working now") != std::string::npos);
  CHECK(failed.err.find("E10501: no such operator") != std::string::npos);
  const std::string slow = test::write_stand_in_atc(m.folder / "bin", "sleep 60");
  const test::outcome late = test::run_program(m.atc(slow, {"--time-limit", "1"}));
  CHECK(late.code == 4);
  CHECK(late.err.starts_with("[AL704] "));
}

TEST_CASE("inspect shows the gears that the file beside the model says") {
  const geared_model m;
  const test::outcome text = test::run_program({"inspect", m.model()});
  CHECK(text.code == 0);
  CHECK(text.out.find("gears\n  batch = 1\n  batch = 4\n") != std::string::npos);
  CHECK(test::run_program({"inspect", m.model(), "--json"}).json().at("gears") ==
        nlohmann::json{{{"batch", 1}}, {{"batch", 4}}});
  std::filesystem::remove(m.folder / "model.gears.json");
  CHECK(test::run_program({"inspect", m.model(), "--json"}).json().at("gears").empty());
}

TEST_CASE("run takes the sizes of a gear and no others, where the gears are known") {
  const geared_model m;
  const auto run = [&](const std::string& array) {
    return test::run_program(
        {"run", m.model(), "--input", "x=" + (m.folder / array), "--output", m.folder / "o.npz"});
  };
  CHECK(run("4.npy").code == 0);
  const test::outcome refused = run("3.npy");
  CHECK(refused.code == 3);
  CHECK(refused.err.starts_with("[AL103] "));
  CHECK(refused.err.find("(batch = 1) (batch = 4)") != std::string::npos);
  std::filesystem::remove(m.folder / "model.gears.json");
  CHECK(run("3.npy").code == 0);
}
