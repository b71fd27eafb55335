#pragma once
// Models whose weights lie in files of their own, moved to another place.

#include <airloom/api.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace airloom::air {

struct relocate_options {
  /// What the paths of the weights are to begin with: the folder in which they lie, or will lie where the
  /// model is used, as whoever reads the model has to spell it. Nothing: the paths are relative to the
  /// model's folder.
  std::optional<std::filesystem::path> to = {};
  /// Where the files of the weights lie now. Empty: in `to`, or in the model's folder where that says
  /// nothing.
  std::filesystem::path weights = {};
};

/// One FileConstant whose path was looked at.
struct relocated_weight {
  std::string node;
  std::string from;  ///< its `file_path` before
  std::string to;    ///< and after
};

/// Rewrites the `file_path` of every FileConstant in the .air file `model`, whose rest stays as it is, and
/// returns them in the order of the graph. The file is replaced at once by the new one, together with a
/// manifest.json beside it that lists it, and left alone where no path changes. A dynamo.pbtxt keeps the old
/// paths.
///
/// A file keeps its way below the folder: of the old path counts the longest tail that exists in the folder
/// of the weights ("export_file/rank_0/p1" is "rank_0/p1" beside the model). Every file is there and has the
/// size that its tensor needs, before anything is written; contents that GE split off a Const (`location`)
/// are relative to the model in any case, and stay as they are.
///
/// Throws   usage where `to` is empty; what load() throws (file_unreadable where a file is missing,
///          weights_do_not_fit for one of another size, path_refused for links and ".."); path_refused where
///          the path of the model goes through a link; file_malformed for a manifest that is none;
///          file_unwritable.
AIRLOOM_API std::vector<relocated_weight> relocate(const std::filesystem::path& model,
                                                   const relocate_options& options = {});

}  // namespace airloom::air
