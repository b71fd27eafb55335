#pragma once
// ATC, CANN's compiler, as a child process: it makes an offline model (.om) of an .air file.
//
// A command is a list of words, handed to the program as they are: no shell takes part.

#include <airloom/api.hpp>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace airloom::air {

struct atc_options {
  std::filesystem::path model;         ///< the .air file; its .gears.json beside it is read where it is there
  std::filesystem::path output;        ///< of the offline model; ATC adds ".om" where it is missing
  std::string soc_version;             ///< the chip that will run it, one of known_chips(): "Ascend910B1"
  std::vector<std::string> arguments;  ///< further ones, each as ATC takes it: "--log=error"
  std::filesystem::path program;       ///< empty: find_atc() looks for it
};

/// One call of ATC.
struct atc_call {
  std::filesystem::path model;
  std::filesystem::path output;    ///< without ".om"
  std::vector<std::string> words;  ///< the program, "atc" where it was not found, and its arguments
};

/// How long a call may take, and how another thread or a signal handler ends it earlier.
struct atc_limits {
  std::chrono::milliseconds time = std::chrono::hours{1};
  const std::atomic<bool>* cancel = nullptr;
};

struct atc_result {
  std::filesystem::path offline_model;
  std::filesystem::path log;  ///< what ATC printed: <output>.atc.log
  bool cached = false;        ///< the offline model of an earlier call was still right; ATC did not run
};

/// Where ATC is: `program`, else the first "atc" in the folders of PATH, in bin/ or compiler/bin/ below
/// $ASCEND_HOME_PATH and $ASCEND_TOOLKIT_HOME, or below /usr/local/Ascend/cann and
/// /usr/local/Ascend/ascend-toolkit/latest. nullopt where it is nowhere.
AIRLOOM_API std::optional<std::filesystem::path> find_atc(const std::filesystem::path& program = {});

/// The calls that make offline models of a model: one, with the gears of the file of gears or, where sizes
/// are open and no gear decides them, for any size; or one for each static model that the file of gears
/// names, whose output has the name of its folder appended ("out/export_0_4x64"). Nothing is run.
///
/// Throws   usage for a missing output or chip, a chip that is not known (air/target.hpp), and further
///          arguments that say again what these options say; what load() and read_gears() throw;
///          file_malformed where the file of gears belongs to another model; file_unreadable where weights
///          outside the model are not where ATC will look for them: relative to the folder in which it is
///          run.
AIRLOOM_API std::vector<atc_call> atc_calls(const atc_options& options);

/// Runs one call, in the caller's folder and environment, and waits for its end.
///
/// Nothing is run where <output>.atc.json says that the offline model is there, unchanged, and was made of
/// the same with the same arguments by the same program. What it was made of is told by the SHA-256 of the
/// export's manifest.json and the model's place in it, as long as the model and its weights are what the
/// manifest lists, which is held against their contents: a manifest says nothing of what was done to files
/// after it was written. Where there is no such manifest, it is told by the SHA-256 of these files.
///
/// Throws   environment where ATC is not installed or cannot be started; atc_failed with the line in which it
///          says why; time_is_up; file_unwritable. Then its processes have ended, what it printed is in the
///          log, and no offline model that it began is left.
AIRLOOM_API atc_result run_atc(const atc_call& call, const atc_limits& limits = {});

/// Words as one line that a POSIX shell takes apart into the same words.
AIRLOOM_API std::string shell_line(const std::vector<std::string>& words);

}  // namespace airloom::air
