#pragma once
// What a set-up call throws: a stable code, what happened, and what to do about it.

#include <airloom/api.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace airloom {

/// Stable codes. A number is never reused; docs/errors.md lists them with their remedies.
enum class error_code : std::uint16_t {
  // 1xx: shapes and gears
  shape_mismatch = 101,      ///< a shape rule does not hold
  dtype_mismatch = 102,      ///< an operator is given an element type it does not take
  gear_unknown = 103,        ///< a setting that is no gear of the gear set
  rank_unsupported = 104,    ///< more dimensions than a shape can hold
  axis_without_input = 105,  ///< an axis that no input carries alone, so that no file can express its size
  too_many_gears = 106,      ///< more gears than the chip takes

  // 2xx: graph
  graph_invalid = 201,      ///< the graph breaks a rule of graphs: duplicate name, dangling edge, cycle, …
  operator_unknown = 202,   ///< an operator type without a prototype here
  attribute_invalid = 203,  ///< an attribute that is missing or of the wrong kind
  ranks_disagree = 204,     ///< collectives of a world's ranks that do not meet

  // 3xx: weights
  file_unreadable = 301,     ///< a file cannot be opened, mapped or read
  file_malformed = 302,      ///< a weights file whose content breaks its own format
  weights_do_not_fit = 303,  ///< missing, extra or misshapen weights
  file_unwritable = 304,     ///< a file or folder cannot be written

  // 4xx: .air files
  air_malformed = 401,  ///< not a ModelDef, or one that breaks the rules of section 8.1 of the format
  air_too_large = 402,  ///< over the limit of the format or of this reader
  path_refused = 403,   ///< a path that leaves the model's folder, or goes through a link

  // 5xx: host
  kernel_missing = 501,  ///< no host kernel for this operator, or not for these element types
  plan_failed = 502,     ///< a shape that has to be known is not
  run_refused = 503,     ///< values of the inputs that an operator does not take

  // 6xx: compare
  compare_failed = 601,  ///< nothing to compare, or two tensors that cannot be compared

  // 7xx: the program and its surroundings
  usage = 701,        ///< a command line that says something impossible
  environment = 702,  ///< something that must be installed is not
  atc_failed = 703,   ///< ATC ran and did not make a model
  time_is_up = 704,   ///< another program did not end within its time limit
  internal = 770,     ///< a fault of ours
};

/// The exit code of the program for an error: 1 verdict, 2 usage, 3 input, 4 limit, 5 environment, 70 ours.
constexpr int exit_code(error_code code) {
  switch (code) {
    case error_code::atc_failed:
      return 1;
    case error_code::usage:
      return 2;
    case error_code::air_too_large:
    case error_code::rank_unsupported:
    case error_code::too_many_gears:
    case error_code::time_is_up:
      return 4;
    case error_code::environment:
    case error_code::kernel_missing:
      return 5;
    case error_code::internal:
      return 70;
    default:
      return 3;
  }
}

/// Thrown while describing, exporting, loading and planning; never while running.
class AIRLOOM_API error : public std::runtime_error {
 public:
  /// `happened` and `remedy` are whole sentences; what() is "[AL101] happened remedy".
  error(error_code code, const std::string& happened, const std::string& remedy)
      : std::runtime_error("[AL" + std::to_string(static_cast<int>(code)) + "] " + happened + " " + remedy),
        code_{code},
        happened_{happened},
        remedy_{remedy} {}

  error_code code() const noexcept { return code_; }
  const std::string& happened() const noexcept { return happened_; }
  const std::string& remedy() const noexcept { return remedy_; }

 private:
  error_code code_;
  std::string happened_;
  std::string remedy_;
};

}  // namespace airloom
