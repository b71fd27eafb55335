#pragma once
// Contents of constants that lie in files of their own.

#include <airloom/graph/graph.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace airloom::air {

/// A part of a file, as attributes name it.
struct place_in_file {
  std::string path;  ///< relative to the model's folder where a length is set
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;  ///< unset: the whole file
};

/// Where the contents of a constant lie, if not in the graph: `location` with `length` goes before
/// `file_path` (hicann/ge, base/common/file_constant_utils). Throws air_malformed for a negative offset or
/// length.
std::optional<place_in_file> place_of_contents(const node& n);

/// Maps the contents that nodes of `g` have in other files and gives them to the nodes: a FileConstant gets
/// the attribute `value`, a Const the data of its own. All files lie below `folder`; empty: there is none to
/// look in. Throws path_refused, file_unreadable, weights_do_not_fit.
void read_external_weights(graph& g, const std::filesystem::path& folder);

/// Which file below `folder` the `file_path` of a FileConstant means: the longest of its tails that exists
/// there, as a path relative to the folder. Throws path_refused, file_unreadable.
std::filesystem::path weights_file_below(const std::filesystem::path& folder, const std::string& file_path);

}  // namespace airloom::air
