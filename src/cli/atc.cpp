#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <airloom/air/atc.hpp>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "output.hpp"
#include "verbs.hpp"

namespace airloom::cli {

namespace {

using nlohmann::ordered_json;

struct atc_words {
  air::atc_options options;
  std::string model, output, program;
  int seconds = 3600;
  bool dry_run = false;
  bool json = false;
};

/// Set where the program is to end, so that ATC does not go on without it.
std::atomic<bool> is_ending{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void end_soon(int /*signal*/) {
  is_ending.store(true);
}

ordered_json json_of(const air::atc_call& call) {
  return {{"command", call.words}, {"line", air::shell_line(call.words)}};
}

/// The end of what ATC printed: its beginning says nothing that people look for.
std::string end_of(const std::filesystem::path& log) {
  constexpr std::streamoff most = 16384;
  std::ifstream file{log, std::ios::binary | std::ios::ate};
  if (!file) return {};
  const std::streamoff size = file.tellg();
  file.seekg(size > most ? size - most : 0);
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (size > most) text.erase(0, text.find('\n') + 1);
  return text;
}

air::atc_result run_and_show(const air::atc_call& call, const atc_words& words) {
  if (!words.json) print_text(air::shell_line(call.words) + "\n");
  finish_output();  // the call may take minutes
  const std::filesystem::path log = call.output.string() + ".atc.log";
  try {
    const air::atc_result result = air::run_atc(call, {std::chrono::seconds{words.seconds}, &is_ending});
    if (!words.json && result.cached)
      print_text(fmt::format("{} is up to date\n", result.offline_model.string()));
    else if (!words.json)
      print_text(fmt::format("{}made {}\n", end_of(log), result.offline_model.string()));
    return result;
  } catch (const error& failure) {
    const bool ran = failure.code() == error_code::atc_failed || failure.code() == error_code::time_is_up;
    if (!words.json && ran) print_text(end_of(log));
    throw;
  }
}

/// Every command is told, whether or not it could be run; what failed comes last.
int run_all(const std::vector<air::atc_call>& calls, const atc_words& words) {
  ordered_json list = ordered_json::array();
  for (const air::atc_call& call : calls) list.push_back(json_of(call));
  try {
    for (std::size_t i = 0; i != calls.size(); ++i) {
      const air::atc_result result = run_and_show(calls[i], words);
      list[i].update({{"offline_model", result.offline_model.string()},
                      {"log", result.log.string()},
                      {"cached", result.cached}});
    }
  } catch (const error& failure) {
    if (!words.json) throw;
    print_error(failure, false);
    print_json({{"calls", list}, {"error", cli::json_of(failure)}});
    return exit_code(failure.code());
  }
  if (words.json) print_json({{"calls", list}});
  return 0;
}

int print_all(const std::vector<air::atc_call>& calls, bool as_json) {
  ordered_json list = ordered_json::array();
  for (const air::atc_call& call : calls) list.push_back(json_of(call));
  if (as_json)
    print_json({{"calls", list}});
  else
    for (const air::atc_call& call : calls) print_text(air::shell_line(call.words) + "\n");
  return 0;
}

int atc(atc_words words) {
  words.options.model = words.model;
  words.options.output = words.output;
  words.options.program = words.program;
  const std::vector<air::atc_call> calls = air::atc_calls(words.options);
  if (words.dry_run) return print_all(calls, words.json);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, end_soon);
  return run_all(calls, words);
}

}  // namespace

void add_atc(CLI::App& program, int& exit_code) {
  const auto words = std::make_shared<atc_words>();
  CLI::App* verb = program.add_subcommand("atc", "Compile an .air file for a chip with CANN's ATC");
  verb->add_option("model", words->model, "The .air file; the .gears.json beside it says its gears")
      ->required();
  verb->add_option("--soc-version", words->options.soc_version,
                   "The chip that will run it, such as Ascend910B1")
      ->required();
  verb->add_option("--output", words->output, "The offline model, without .om")->required();
  verb->add_option("--program", words->program,
                   "Where ATC is; else PATH, ASCEND_HOME_PATH and the usual folders are searched");
  verb->add_option("--time-limit", words->seconds, "Seconds, after which ATC is ended")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  verb->add_flag("--dry-run", words->dry_run, "Print the command and run nothing");
  verb->add_flag("--json", words->json, "Print JSON");
  verb->add_option("arguments", words->options.arguments, "Further arguments of ATC, after --");
  verb->footer("Example: airloom atc export.air --soc-version Ascend910B1 --output out/model -- --log=error");
  verb->callback([words, &exit_code] { exit_code = atc(*words); });
}

}  // namespace airloom::cli
