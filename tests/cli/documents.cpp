#include <doctest/doctest.h>
#include <fstream>
#include "program.hpp"

TEST_CASE("every command line of docs/cli.md works as it stands there") {
  std::ifstream document{AIRLOOM_SOURCE "/docs/cli.md"};
  std::size_t tried = 0;
  for (std::string line; std::getline(document, line);) {
    if (!line.starts_with("airloom ")) continue;
    CAPTURE(line);
    const test::outcome result = test::shell(line);
    CAPTURE(result.err);
    CHECK(result.code == (line.ends_with("# exit code 1") ? 1 : 0));
    if (line.find("--json") != std::string::npos) CHECK_NOTHROW(static_cast<void>(result.json()));
    ++tried;
  }
  CHECK(tried > 10);
}
