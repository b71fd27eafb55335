#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <airloom/air/atc.hpp>
#include <airloom/air/gears_file.hpp>
#include <airloom/air/load.hpp>
#include <airloom/air/target.hpp>
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <system_error>

#include "air/atc_run.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;

// --- finding the program ---

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

/// What an environment variable holds, at each ':'.
std::vector<fs::path> folders_in(const char* variable) {
  std::vector<fs::path> folders;
  const char* value = std::getenv(variable);
  std::string_view rest = value == nullptr ? "" : value;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (end != 0) folders.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return folders;
}

/// Where CANN's set_env.sh and its installer put programs.
std::vector<fs::path> folders_of_programs() {
  std::vector<fs::path> homes;
  for (const char* variable : {"ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME"})
    for (const fs::path& home : folders_in(variable)) homes.push_back(home);
  homes.emplace_back("/usr/local/Ascend/cann");
  homes.emplace_back("/usr/local/Ascend/ascend-toolkit/latest");
  std::vector<fs::path> folders = folders_in("PATH");
  for (const fs::path& home : homes)
    for (const char* below : {"bin", "compiler/bin"}) folders.push_back(home / below);
  return folders;
}

// --- checking what is asked for ---

void check_chip(const std::string& chip) {
  const std::span<const std::string_view> known = known_chips();
  if (std::find(known.begin(), known.end(), chip) != known.end()) return;
  throw error{
      error_code::usage,
      chip.empty() ? "No chip is named." : fmt::format("{} is no chip that is known here.", in_quotes(chip)),
      fmt::format("Name the chip that will run the model, as 'npu-smi info' shows it: one of {}.",
                  fmt::join(known, ", "))};
}

void check_further(const std::vector<std::string>& arguments) {
  constexpr std::string_view ours[] = {"mode",        "framework",    "model",       "output",
                                       "soc_version", "input_format", "input_shape", "dynamic_dims"};
  for (const std::string& argument : arguments) {
    const std::string_view name = std::string_view{argument}.substr(0, argument.find('='));
    const bool is_option = name.starts_with("--");
    if (is_option && std::find(std::begin(ours), std::end(ours), name.substr(2)) == std::end(ours)) continue;
    throw error{error_code::usage,
                is_option
                    ? fmt::format("The argument {} says what airloom tells ATC itself.", in_quotes(argument))
                    : fmt::format("{} is no argument of ATC.", in_quotes(argument)),
                "Write further arguments as --NAME=VALUE, and leave that one out."};
  }
}

fs::path checked_output(fs::path output) {
  if (output.extension() == ".om") output.replace_extension();
  if (output.has_filename() && output.filename() != "." && output.filename() != "..") return output;
  throw error{error_code::usage, "The offline model has no name.", "Name it by 'output', as in out/model."};
}

// --- composing the calls ---

/// What ATC has to be told about sizes.
std::vector<std::string> arguments_for_sizes(const graph& g, const std::optional<gears_file>& gears) {
  if (!gears) return atc_arguments(g);
  check_same_inputs(g, *gears);
  // Gears are of dimensions in any layout, which ATC calls ND.
  return {"--input_format=ND", "--input_shape=" + gears->options.input_shape,
          "--dynamic_dims=" + gears->options.dynamic_dims};
}

/// The first word of the command; a name without a folder says that the program was not found.
std::string program_of(const atc_options& options) {
  if (!options.program.empty())
    return (options.program.has_parent_path() ? options.program : "." / options.program).string();
  return find_atc().value_or("atc").string();
}

atc_call make_call(const atc_options& options, const fs::path& model, const fs::path& output,
                   const std::optional<gears_file>& gears) {
  const graph g = load(model, {.weights_folder = {}, .read_weights = false});
  static_cast<void>(weights_files_for_atc(g, model));  // better missed now than after minutes
  atc_call call{model, output, {}};
  call.words = {program_of(options),
                "--mode=0",
                "--framework=1",
                "--model=" + model.string(),
                "--output=" + output.string(),
                "--soc_version=" + options.soc_version};
  for (const auto& more : {arguments_for_sizes(g, gears), options.arguments})
    call.words.insert(call.words.end(), more.begin(), more.end());
  return call;
}

bool needs_quotes(std::string_view word) {
  constexpr std::string_view plain = "%+,-./:=@_";
  return word.empty() || std::any_of(word.begin(), word.end(), [&](unsigned char c) {
           return std::isalnum(c) == 0 && plain.find(static_cast<char>(c)) == std::string_view::npos;
         });
}

std::string shell_word(const std::string& word) {
  if (!needs_quotes(word)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::optional<fs::path> find_atc(const fs::path& program) {
  if (!program.empty()) return is_program(program) ? std::optional{program} : std::nullopt;
  for (const fs::path& folder : folders_of_programs())
    if (is_program(folder / "atc")) return folder / "atc";
  return std::nullopt;
}

std::vector<atc_call> atc_calls(const atc_options& options) {
  check_chip(options.soc_version);
  check_further(options.arguments);
  const fs::path output = checked_output(options.output);
  const fs::path beside = gears_file_of(options.model);
  std::optional<gears_file> gears;
  if (fs::exists(beside)) gears = read_gears(beside);
  if (!gears || gears->models.empty()) return {make_call(options, options.model, output, gears)};
  std::vector<atc_call> calls;
  for (const fs::path model : gears->models) {
    fs::path named = output;
    named += "_" + model.parent_path().filename().string();
    calls.push_back(make_call(options, options.model.parent_path() / model, named, std::nullopt));
  }
  return calls;
}

std::string shell_line(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(shell_word(word));
  return fmt::format("{}", fmt::join(quoted, " "));
}

}  // namespace airloom::air
