#pragma once
// The verbs of the program, one source file each.

namespace CLI {
class App;
}

namespace airloom::cli {

// Each adds one verb with its options to the program. A verb that is chosen runs while the command line is
// parsed and writes its exit code: 0 good, 1 a negative verdict. Everything else is thrown.
void add_inspect(CLI::App& program, int& exit_code);
void add_check(CLI::App& program, int& exit_code);
void add_run(CLI::App& program, int& exit_code);
void add_compare(CLI::App& program, int& exit_code);
void add_relocate(CLI::App& program, int& exit_code);
void add_convert(CLI::App& program, int& exit_code);
void add_diff(CLI::App& program, int& exit_code);
void add_verify_export(CLI::App& program, int& exit_code);
void add_atc(CLI::App& program, int& exit_code);

}  // namespace airloom::cli
