#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "output.hpp"
#include "verbs.hpp"

namespace {

using namespace airloom;

/// Asked of the bare words: an error in the command line is to be JSON too.
bool wants_json(int count, char** words) {
  return std::any_of(words, words + count, [](std::string_view word) { return word == "--json"; });
}

/// The chosen verb's name, for the hint; empty where none was recognised.
std::string chosen_verb(const CLI::App& program) {
  const auto verbs = program.get_subcommands();
  return verbs.empty() ? "" : " " + verbs.front()->get_name();
}

int run_verb(int count, char** words) {
  CLI::App program{
      "Models for Huawei Ascend: look into .air files, check them, run them here, compare results.",
      "airloom"};
  program.set_version_flag("--version", "airloom " AIRLOOM_VERSION);
  program.require_subcommand(1);
  program.footer("'airloom VERB --help' shows the options of a verb and an example.");
  int exit_code = 0;
  cli::add_inspect(program, exit_code);
  cli::add_check(program, exit_code);
  cli::add_run(program, exit_code);
  cli::add_compare(program, exit_code);
  cli::add_relocate(program, exit_code);
  cli::add_convert(program, exit_code);
  cli::add_diff(program, exit_code);
  cli::add_verify_export(program, exit_code);
  cli::add_atc(program, exit_code);
  try {
    program.parse(count, words);
  } catch (const CLI::Success& asked_for_words) {
    return program.exit(asked_for_words);
  } catch (const CLI::ParseError& wrong) {
    throw error{error_code::usage, std::string{wrong.what()} + ".",
                "See 'airloom" + chosen_verb(program) + " --help'."};
  }
  return exit_code;
}

int fail(const error& failure, bool as_json) {
  cli::print_error(failure, as_json);
  return exit_code(failure.code());
}

}  // namespace

int main(int count, char** words) {
  const bool as_json = wants_json(count, words);
  try {
    const int code = run_verb(count, words);
    cli::finish_output();
    return code;
  } catch (const error& failure) {
    return fail(failure, as_json);
  } catch (const std::exception& unexpected) {
    return fail({error_code::internal, "This is a fault of ours: " + std::string{unexpected.what()} + ".",
                 "Please report it with the command that shows it."},
                as_json);
  }
}
