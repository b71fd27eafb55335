#pragma once
// Which weights lie in the .air file, and which in files of their own.

#include <airloom/air/weight_options.hpp>
#include <airloom/graph/graph.hpp>
#include <vector>

namespace airloom::air {

/// A weight outside the model: the raw bytes of its elements.
struct weight_file {
  std::string name;  ///< without a folder
  blob bytes;
};

struct placed_weights {
  graph g;                         ///< with a Const or a FileConstant for every weight
  std::vector<weight_file> files;  ///< of weights outside, each once, in the order of the graph
};

/// Puts every weight of the root graph where the options say (their documentation has the rules). A
/// FileConstant that this makes still has its true description, which exported_form() takes from it, and no
/// contents. Its path is `folder`, "/" and the name of its file, or the name alone where `folder` is empty.
///
/// Throws   usage for an exception that names no weight; weights_do_not_fit for a weight without contents or
///          with too many or too few, for a name that cannot be a file's, and for two names that meet in one.
placed_weights place_weights(graph g, const weight_options& options, const std::string& folder);

}  // namespace airloom::air
