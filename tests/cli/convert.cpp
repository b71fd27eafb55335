#include <doctest/doctest.h>
#include <fstream>
#include "program.hpp"

using test::run_program;

namespace {

std::string first_line(const std::string& name) {
  std::ifstream file{test::sample_folder() / name};
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

TEST_CASE("convert: each kind by its ending, or as told") {
  for (const auto& [name, begins] :
       std::vector<std::pair<std::string, std::string>>{{"converted.txt", "graph {"},
                                                        {"converted.pbtxt", "node {"},
                                                        {"converted.onnx.pbtxt", "ir_version: 6"},
                                                        {"converted.dot", "digraph {"}}) {
    CAPTURE(name);
    const auto result = run_program({"convert", "model.air", name});
    CHECK(result.code == 0);
    CHECK(result.out == name + "\n");
    CHECK(first_line(name) == begins);
  }
  CHECK(run_program({"convert", "model.air", "other", "--to", "ge"}).code == 0);
  CHECK(first_line("other") == "graph {");
  const auto as_json = run_program({"convert", "model.air", "other.pbtxt", "--to", "onnx", "--json"});
  CHECK(as_json.json().at("kind") == "onnx");
  CHECK(first_line("other.pbtxt") == "ir_version: 6");
}

TEST_CASE("convert: text goes back, and every verb reads it") {
  REQUIRE(run_program({"convert", "model.air", "there.txt"}).code == 0);
  REQUIRE(run_program({"convert", "there.txt", "back.air"}).code == 0);
  CHECK(run_program({"diff", "model.air", "back.air"}).out == "The same.\n");
  CHECK(run_program({"check", "there.txt"}).code == 0);
  CHECK(run_program({"inspect", "there.txt"}).out == run_program({"inspect", "model.air"}).out);
}

TEST_CASE("convert: wrong words, and what cannot be read or written") {
  const auto ending = run_program({"convert", "model.air", "model.png"});
  CHECK(ending.code == 2);
  CHECK(ending.err.find(".onnx.pbtxt") != std::string::npos);
  CHECK(run_program({"convert", "model.air", "model.png", "--to", "picture"}).code == 2);
  CHECK(run_program({"convert", "garbage.air", "x.dot"}).code == 3);
  CHECK(run_program({"convert", "model.air", "nowhere/x.dot"}).code == 3);
}
