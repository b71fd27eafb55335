#pragma once
// Exporting a model: the files that TorchAir's `dynamo_export` leaves.

#include <airloom/air/pbtxt.hpp>
#include <airloom/air/size_options.hpp>
#include <airloom/air/target.hpp>
#include <airloom/air/weight_options.hpp>
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
  /// Whether nodes say which line of the program made them (`_airloom_source_file`, `_airloom_source_line`).
  /// The file is named as the compiler was told to name it, so the bytes of the model then depend on where it
  /// was compiled; `-ffile-prefix-map` mends that. load() reads the lines back.
  bool source_lines = false;
  pbtxt_options text = {};      ///< what dynamo.pbtxt leaves out
  weight_options weights = {};  ///< inside the model or in files of their own
  target_options target = {};   ///< a release of CANN and a chip; nothing: all of them
  size_options sizes = {};      ///< in gears, for any size, or numbers: static
  /// Whether manifest.json is written. Its hashes take longer than writing to memory does (about 1.4 GB/s a
  /// core); without it no file is hashed, and a former manifest stays and no longer fits.
  bool manifest = true;
};

/// Writes <path>/<name>.air, <path>/dynamo.pbtxt, a file for every weight that lies outside the model,
/// <path>/<name>.gears.json for a model in gears (air/gears_file.hpp), static models a gear where they are
/// wanted (air/size_options.hpp), and <path>/manifest.json, which lists the files with their SHA-256 and says
/// what the model is (air/verify_export.hpp). Returns their paths, which begin with `path` as it was given. A
/// relative path begins in the working directory, as for TorchAir.
///
/// The graph is verified, then described as TorchAir describes one: inputs, constants and results have
/// shapes, ordinary operators' outputs have none, since GE infers them. save() writes a loaded graph as it
/// is.
///
/// All that can be wrong with the model and the options is found before anything is written. Then all files
/// are written beside the former ones and take their place together. Whoever is killed meanwhile, or runs out
/// of space, leaves the former export as it was; one that is killed in the short time in which complete files
/// change places is finished by the next export into the folder, which also removes what a killed one left.
/// Two exports into one folder at the same time do not mix: the later one wins. Other files in the folder
/// stay.
///
/// Folders are made with mode 0750 and files with 0640, less what the umask takes. No file is synchronised to
/// the disk.
///
/// Of a name with '/' only the last component counts, as for TorchAir: "a/b" is "b". (The folder is chosen by
/// `path`.)
///
/// Needs    a name whose last component is not empty and has no ':' and no control characters, and without
///          "." and ".." as components; a path on which no component is a link (TorchAir looks at its last
///          one only), and no link with the name of a file that is written.
/// Throws   usage for such a name, for an empty path, for an exception that names no weight and for an
/// unknown
///          target; path_refused for a link; file_unwritable; weights_do_not_fit (air/weight_options.hpp);
///          usage and gear_unknown for a gear that cannot be chosen, too_many_gears for more than the chip
///          takes; what verify() found; air_too_large for a model over 2 147 483 647 bytes with the weights
///          that are inside.
AIRLOOM_API std::vector<std::filesystem::path> export_model(const graph& model,
                                                            const export_options& options = {});

}  // namespace airloom::air
