#include <doctest/doctest.h>
#include <fstream>
#include "program.hpp"

using test::outcome;
using test::run_program;

namespace {

const std::vector<std::string> verbs{"inspect", "check", "run", "compare"};

}  // namespace

TEST_CASE("the program says what it is") {
  const outcome version = run_program({"--version"});
  CHECK(version.code == 0);
  CHECK(version.out.starts_with("airloom 0."));
  const outcome help = run_program({"--help"});
  CHECK(help.code == 0);
  for (const std::string& verb : verbs) CHECK(help.out.find("\n  " + verb + " ") != std::string::npos);
}

TEST_CASE("every verb has help with an example that works") {
  for (const std::string& verb : verbs) {
    CAPTURE(verb);
    const outcome help = run_program({verb, "--help"});
    CHECK(help.code == 0);
    const std::string heading = "Example: ";
    const std::size_t begin = help.out.find(heading);
    REQUIRE(begin != std::string::npos);
    const std::size_t line = begin + heading.size();
    const std::string example = help.out.substr(line, help.out.find('\n', line) - line);
    CHECK(example.starts_with("airloom " + verb));
    const outcome tried = test::shell(example);
    CAPTURE(example);
    CAPTURE(tried.err);
    CHECK(tried.code == 0);
    CHECK(!tried.out.empty());
  }
}

TEST_CASE("a command line that says something impossible is wrong usage") {
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"weave"},
      {"inspect"},
      {"inspect", "model.air", "--colour"},
      {"inspect", "model.air", "another.air"},
      {"compare", "expected.npz"},
      {"compare", "expected.npz", "out.npz", "--cosine", "much"},
      {"compare", "expected.npz", "x.npy"},
      {"run", "model.air"},
      {"run", "model.air", "--inputs", "inputs.npz"},
      {"run", "model.air", "--inputs", "inputs.npz", "--output", "o.npz", "--kernels", "some"},
      {"run", "model.air", "--inputs", "inputs.npz", "--output", "o.npz", "--repeat", "0"},
      {"run", "model.air", "--input", "x.npy", "--output", "o.npz"},
      {"run", "model.air", "--input", "x=x.npy", "--output", "o.npz"},
      {"run", "model.air", "--inputs", "inputs.npz", "--input", "x=x.npy", "--output", "o.npz"},
      {"run", "model.air", "--inputs", "inputs.npz", "--input", "z=x.npy", "--output", "o.npz"},
  };
  for (const std::vector<std::string>& words : wrong) {
    CAPTURE(words);
    const outcome refused = run_program(words);
    CHECK(refused.code == 2);
    CHECK(refused.out.empty());
    CHECK(refused.err.starts_with("[AL701] "));
  }
  CHECK(run_program({"inspect", "--colour", "model.air"}).err.find("See 'airloom inspect --help'.") !=
        std::string::npos);
}

TEST_CASE("errors are JSON too where JSON is wanted") {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"inspect", "--json"}, {"weave", "--json"}}) {
    const outcome refused = run_program(words);
    CHECK(refused.code == 2);
    CHECK(refused.json().at("error").at("code") == "AL701");
  }
  const outcome missing = run_program({"check", "nowhere.air", "--json"});
  CHECK(missing.code == 3);
  const nlohmann::json error = missing.json().at("error");
  CHECK(error.at("code") == "AL301");
  CHECK(missing.err == "[AL301] " + error.at("happened").get<std::string>() + " " +
                           error.at("remedy").get<std::string>() + "\n");
}

TEST_CASE("a file that is not what it should be is no surprise") {
  CHECK(run_program({"inspect", "garbage.air"}).code == 3);
  CHECK(run_program({"check", "garbage.air"}).code == 3);
  CHECK(run_program({"check", "."}).code == 3);
  CHECK(run_program({"run", "garbage.air", "--inputs", "inputs.npz", "--output", "o.npz"}).code == 3);
  CHECK(run_program({"run", "model.air", "--inputs", "garbage.air", "--output", "o.npz"}).code == 3);
  CHECK(run_program({"compare", "garbage.air", "out.npz"}).code == 3);
}

TEST_CASE("output that cannot be written is an error") {
  if (!std::ofstream{"/dev/full"}) return;
  const outcome refused = test::shell("sh -c 'airloom inspect model.air >/dev/full'");
  CHECK(refused.code == 3);
  CHECK(refused.err.starts_with("[AL304] "));
}

TEST_CASE("nothing that a file says reaches the terminal as a control character") {
  const outcome refused = run_program({"inspect", "\x1b[31mred.air"});
  CHECK(refused.code == 3);
  CHECK(refused.err.find('\x1b') == std::string::npos);
}
