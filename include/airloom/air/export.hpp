#pragma once
// Exporting a model: the files that TorchAir's `dynamo_export` leaves, without weights outside the model.

#include <airloom/api.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace airloom {
struct graph;
}

namespace airloom::air {

struct export_options {
  std::filesystem::path path = "export_file";  ///< the folder; made where it is missing
  std::string name = "export";                 ///< of the model's file, without ".air"
  bool module_stack = false;  ///< whether operators say which modules they stand in (`nn_module_stack`)
};

/// Writes <path>/<name>.air and <path>/dynamo.pbtxt, each to a temporary name first, and returns both paths.
///
/// The graph is verified, then described as TorchAir describes one: inputs, constants and results have
/// shapes, ordinary operators' outputs have none, since GE infers them. save() writes a loaded graph as it
/// is.
///
/// Folders are made with mode 0750 and files with 0640, less what the umask takes.
///
/// Needs    a name without '/', ':' and control characters that is not empty, "." or "..".
/// Throws   usage for such a name; path_refused where the folder is a link; file_unwritable; what verify(),
///          air_too_large for a file over 2 GB.
AIRLOOM_API std::vector<std::filesystem::path> export_model(const graph& model,
                                                            const export_options& options = {});

}  // namespace airloom::air
