#pragma once
// Contents of constants that lie in files of their own.

#include <airloom/graph/graph.hpp>
#include <filesystem>

namespace airloom::air {

/// Maps the contents that nodes of `g` have in other files and gives them to the nodes: a FileConstant gets
/// the attribute `value`, a Const the data of its own. All files lie below `folder`; empty: there is none to
/// look in. Throws path_refused, file_unreadable, weights_do_not_fit.
void read_external_weights(graph& g, const std::filesystem::path& folder);

/// Which file below `folder` the `file_path` of a FileConstant means: the longest of its tails that exists
/// there, as a path relative to the folder. Throws path_refused, file_unreadable.
std::filesystem::path weights_file_below(const std::filesystem::path& folder, const std::string& file_path);

}  // namespace airloom::air
