#pragma once
// A graph in the form in which an export writes its sizes.

#include <airloom/air/size_options.hpp>
#include <airloom/graph/graph.hpp>

namespace airloom::air {

/// The graph as it is, or in the one gear that the options choose.
///
/// Throws   usage for a gear chosen where none can be, and for none where there are several; gear_unknown for
///          one that the graph does not have; graph_invalid where static sizes are asked for and an input has
///          an open one.
graph with_chosen_sizes(const graph& g, const size_options& options);

/// The folder of the static model of a gear: "gears/2_4x128".
std::string folder_of_gear(const gear_set& gears, std::size_t gear);

}  // namespace airloom::air
