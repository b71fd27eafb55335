#include <doctest/doctest.h>

#include <string>

#include "program.hpp"

using test::run_program;

TEST_CASE("diff: the same models, other names, and what it says as JSON") {
  CHECK(run_program({"diff", "model.air", "model.air"}).out == "The same.\n");
  const auto renamed = run_program({"diff", "model.air", "renamed.air", "--json"});
  CHECK(renamed.code == 1);
  CHECK(renamed.json().at("same") == false);
  const auto first = renamed.json().at("differences").at(0);
  for (const char* key : {"graph", "left_node", "right_node", "part", "left", "right"})
    CHECK_MESSAGE(first.contains(key), std::string{key});
  const auto structure = run_program({"diff", "model.air", "renamed.air", "--structure"});
  CHECK(structure.code == 0);
  CHECK(structure.out == "The same.\n");
}

TEST_CASE("diff: files that are no models") {
  const auto result = run_program({"diff", "model.air", "garbage.air", "--json"});
  CHECK(result.code == 3);
  CHECK(result.json().at("error").at("code") == "AL401");
  CHECK(run_program({"diff", "model.air", "none.air"}).code == 3);
  CHECK(run_program({"diff", "model.air"}).code == 2);
}
