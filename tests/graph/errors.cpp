#include <doctest/doctest.h>
#include <airloom/error.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

using airloom::error;
using airloom::error_code;

namespace {

std::string text_of(const char* path) {
  const std::ifstream file{std::string{AIRLOOM_SOURCE} + path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// All (number, name) pairs that a pattern with two groups finds.
std::set<std::pair<std::string, std::string>> pairs(const std::string& text, const std::string& pattern,
                                                    bool name_first) {
  std::set<std::pair<std::string, std::string>> found;
  const std::regex expression{pattern};
  for (std::sregex_iterator it{text.begin(), text.end(), expression}, end; it != end; ++it)
    found.insert(name_first ? std::pair{(*it)[2].str(), (*it)[1].str()}
                            : std::pair{(*it)[1].str(), (*it)[2].str()});
  return found;
}

}  // namespace

TEST_CASE("every error code is in docs/errors.md under its number and name, and no other is") {
  const auto declared = pairs(text_of("/include/airloom/error.hpp"), R"(\n  (\w+) = (\d{3}),)", true);
  const auto documented = pairs(text_of("/docs/errors.md"), R"(\| AL(\d{3}) \| `(\w+)`)", false);
  CHECK(declared.size() > 15);
  CHECK(declared == documented);
}

TEST_CASE("an error says its code, what happened and what to do") {
  const error e{error_code::usage, "The graph has no input 'z'.", "Its inputs are: x."};
  CHECK(std::string{e.what()} == "[AL701] The graph has no input 'z'. Its inputs are: x.");
  CHECK(e.code() == error_code::usage);
}

TEST_CASE("exit codes tell usage, input, limit, environment and our own faults apart") {
  CHECK(exit_code(error_code::usage) == 2);
  CHECK(exit_code(error_code::air_malformed) == 3);
  CHECK(exit_code(error_code::weights_do_not_fit) == 3);
  CHECK(exit_code(error_code::air_too_large) == 4);
  CHECK(exit_code(error_code::environment) == 5);
  CHECK(exit_code(error_code::internal) == 70);
}
