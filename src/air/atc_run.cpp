#include "air/atc_run.hpp"

#include <fmt/format.h>
#include <airloom/air/atc.hpp>
#include <airloom/air/load.hpp>
#include <airloom/weights/map_file.hpp>
#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "air/external_weights.hpp"
#include "air/manifest.hpp"
#include "atomic_file.hpp"
#include "child_process.hpp"
#include "sha256.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

fs::path with_ending(const fs::path& output, const char* ending) {
  fs::path named = output;
  return named += ending;
}

std::string hash_of(const fs::path& file) {
  return sha256_of(weights::map_file(file.string()).span());
}

// --- what an offline model was made of ---

/// The program by its place, size and time: its version is only known by asking it.
ordered_json identity_of(const fs::path& program) {
  return {{"path", fs::canonical(program).string()},
          {"size", fs::file_size(program)},
          {"time", fs::last_write_time(program).time_since_epoch().count()}};
}

/// The manifest of the export that a model belongs to, and the model's place there.
struct place_in_export {
  fs::path folder;
  std::string model;
  std::vector<exported_file> files;

  /// Whether the manifest lists the file with this hash.
  bool lists(const fs::path& file, const std::string& sha256) const {
    const std::string path = place_of(file);
    return std::any_of(files.begin(), files.end(), [&](const exported_file& listed) {
      return listed.path == path && listed.sha256 == sha256;
    });
  }
  std::string place_of(const fs::path& file) const {
    return fs::canonical(file).lexically_relative(folder).generic_string();
  }
};

/// The manifest in the folder of the model; for a static model of a gear ("gears/<n>_<sizes>/") two folders
/// up.
std::optional<place_in_export> export_of(const fs::path& model) {
  constexpr int furthest = 2;
  fs::path folder = fs::canonical(model).parent_path();
  for (int up = 0; up <= furthest; ++up, folder = folder.parent_path()) {
    if (!fs::is_regular_file(folder / manifest_name)) continue;
    try {
      place_in_export found{folder, {}, read_manifest(folder)};
      found.model = found.place_of(model);
      return found;
    } catch (const error&) {
      return std::nullopt;  // some other program's manifest.json
    }
  }
  return std::nullopt;
}

/// What the model is: its export, where its files are still those of the export, else its files.
ordered_json origin_of(const atc_call& call) {
  const graph g = load(call.model, {.weights_folder = {}, .read_weights = false});
  const std::string model = hash_of(call.model);
  const std::optional<place_in_export> exported = export_of(call.model);
  bool is_as_exported = exported && exported->lists(call.model, model);
  ordered_json weights = ordered_json::object();
  for (const auto& [named, file] : weights_files_for_atc(g, call.model)) {
    const std::string hash = hash_of(file);
    is_as_exported = is_as_exported && exported->lists(file, hash);
    weights[named] = hash;
  }
  if (is_as_exported)
    return {{"manifest", hash_of(exported->folder / manifest_name)}, {"model", exported->model}};
  return {{"model", model}, {"weights", weights}};
}

/// Everything that the offline model depends on; where model and output lie is not part of it.
ordered_json ingredients_of(const atc_call& call) {
  ordered_json arguments = ordered_json::array();
  for (auto word = call.words.begin() + 1; word != call.words.end(); ++word)
    if (!word->starts_with("--model=") && !word->starts_with("--output=")) arguments.push_back(*word);
  return {
      {"program", identity_of(call.words.front())}, {"arguments", arguments}, {"origin", origin_of(call)}};
}

/// <output>.om, or where it depends on the machine <output>_linux_x86_64.om and the like.
std::optional<fs::path> offline_model_of(const fs::path& output) {
  const fs::path plain = with_ending(output, ".om");
  if (fs::is_regular_file(plain)) return plain;
  const fs::path folder = output.parent_path().empty() ? "." : output.parent_path();
  const std::string beginning = output.filename().string() + "_linux_";
  std::optional<fs::path> found;
  for (const auto& entry : fs::directory_iterator{folder}) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(beginning) || !name.ends_with(".om")) continue;
    if (!found || name < found->filename()) found = output.parent_path() / name;
  }
  return found;
}

std::optional<fs::path> still_right(const atc_call& call, const ordered_json& ingredients) {
  std::ifstream file{with_ending(call.output, ".atc.json")};
  const ordered_json record = ordered_json::parse(file, nullptr, false);
  if (!record.is_object() || record.value("made_of", ordered_json{}) != ingredients) return std::nullopt;
  const std::optional<fs::path> made = offline_model_of(call.output);
  if (!made || record.value("sha256", ordered_json{}) != ordered_json(hash_of(*made))) return std::nullopt;
  return made;
}

void remember(const atc_call& call, const ordered_json& ingredients, const fs::path& offline_model) {
  atomic_file file{with_ending(call.output, ".atc.json").string()};
  file.write(ordered_json{{"offline_model", offline_model.filename().string()},
                          {"sha256", hash_of(offline_model)},
                          {"made_of", ingredients}}
                 .dump(2, ' ', false, json::error_handler_t::replace) +
             "\n");
  file.commit();
}

// --- running ---

void check_program(const std::string& program) {
  if (program != "atc" && find_atc(program)) return;
  throw error{error_code::environment,
              program == "atc" ? "ATC is not installed: there is no program 'atc' in PATH, below "
                                 "$ASCEND_HOME_PATH or $ASCEND_TOOLKIT_HOME, or in /usr/local/Ascend."
                               : fmt::format("{} is no program.", in_quotes(program)),
              "Install the CANN toolkit and source its set_env.sh, or run the printed command where it is."};
}

void make_folder_of(const fs::path& output) {
  std::error_code reason;
  if (!output.parent_path().empty()) fs::create_directories(output.parent_path(), reason);
  if (!reason) return;
  throw error{error_code::file_unwritable,
              fmt::format("The folder {} cannot be made: {}.", in_quotes(output.parent_path().string()),
                          reason.message()),
              "Check that the folder above it may be written to."};
}

/// The line in which ATC says why it failed ("E10041: …"), else the last one that is not empty.
std::string reason_in(const fs::path& log) {
  const auto is_reason = [](const std::string& line) {
    return line.size() > 6 && line[0] == 'E' && line[6] == ':' &&
           std::all_of(line.begin() + 1, line.begin() + 6,
                       [](unsigned char c) { return std::isalnum(c) != 0; });
  };
  std::ifstream file{log};
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (is_reason(line)) return line;
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  return last;
}

[[noreturn]] void throw_failure(const child_end& end, const fs::path& log, std::chrono::milliseconds limit) {
  const std::string all = fmt::format("Its whole output is in {}.", in_quotes(log.string()));
  switch (end.how) {
    case child_end::kind::time_is_up:
      throw error{error_code::time_is_up,
                  fmt::format("ATC did not end within {} s and was ended.",
                              std::chrono::duration<double>(limit).count()),
                  "Give it more time. " + all};
    case child_end::kind::cancelled:
      throw error{error_code::atc_failed, "ATC was ended as it was asked for.", all};
    case child_end::kind::killed_by_signal:
      throw error{error_code::atc_failed, fmt::format("ATC was ended by signal {}.", end.number),
                  "See whether the machine ran out of memory. " + all};
    case child_end::kind::exited:
      break;
  }
  constexpr int cannot_execute = 126,
                not_found = 127;  // what the shell script in front of ATC's program says
  const bool incomplete = end.number == cannot_execute || end.number == not_found;
  throw error{
      incomplete ? error_code::environment : error_code::atc_failed,
      fmt::format("ATC failed with exit status {}: {}", end.number, in_quotes(reason_in(log)) + "."),
      (incomplete ? "Source CANN's set_env.sh, or install it again. "
                  : "Mend what it says; CANN's set_env.sh has to be sourced, and the operators of the chip "
                    "installed. ") +
          all};
}

/// Tells the offline model that a call made from one that was there before.
class watched_output {
 public:
  explicit watched_output(const fs::path& output)
      : output_{output}, before_{time_of(offline_model_of(output))} {}
  std::optional<fs::path> made() const {
    const std::optional<fs::path> now = offline_model_of(output_);
    return time_of(now) != before_ ? now : std::nullopt;
  }

 private:
  using time = std::optional<fs::file_time_type>;
  static time time_of(const std::optional<fs::path>& file) {
    std::error_code ignored;
    return file ? time{fs::last_write_time(*file, ignored)} : std::nullopt;
  }
  fs::path output_;
  time before_;
};

}  // namespace

std::map<std::string, fs::path> weights_files_for_atc(const graph& g, const fs::path& model) {
  std::map<std::string, fs::path> files;
  for (const node& n : g.nodes) {
    if (n.type != "FileConstant" && n.type != "Const" && n.type != "Constant") continue;
    const std::optional<place_in_file> place = place_of_contents(n);
    if (place) files[place->path] = place->length ? model.parent_path() / place->path : fs::path{place->path};
  }
  for (const auto& [named, file] : files)
    if (!fs::is_regular_file(file))
      throw error{
          error_code::file_unreadable,
          fmt::format("{} keeps weights in {}, which is not there.", in_quotes(model.string()),
                      in_quotes(file.string())),
          "Run ATC in the folder from which that path leads to the file, or write the paths anew with "
          "'airloom relocate'."};
  return files;
}

atc_result run_atc(const atc_call& call, const atc_limits& limits) {
  check_program(call.words.front());
  make_folder_of(call.output);
  const ordered_json ingredients = ingredients_of(call);
  const fs::path log = with_ending(call.output, ".atc.log");
  if (const std::optional<fs::path> made = still_right(call, ingredients)) return {*made, log, true};
  fs::remove(with_ending(call.output, ".atc.json"));
  const watched_output output{call.output};
  const child_end end = run_child(call.words, log.string(), limits.time, limits.cancel);
  const std::optional<fs::path> made = output.made();
  if (end.how != child_end::kind::exited || end.number != 0) {
    if (made) fs::remove(*made);
    throw_failure(end, log, limits.time);
  }
  if (!made)
    throw error{error_code::atc_failed,
                fmt::format("ATC said that all went well, but there is no {}.",
                            in_quotes(with_ending(call.output, ".om").string())),
                fmt::format("Its whole output is in {}.", in_quotes(log.string()))};
  remember(call, ingredients, *made);
  return {*made, log, false};
}

}  // namespace airloom::air
