#pragma once
// Which node of one graph is which of another.

#include <airloom/graph/graph.hpp>

namespace airloom::air {

/// For each node of `left` its counterpart in `right`, and the other way round; -1 where there is none.
struct node_matching {
  std::vector<int> of_left;
  std::vector<int> of_right;
};

/// Nodes with equal names; of several with one name, the first to the first and so on.
node_matching match_by_name(const graph& left, const graph& right);

/// Nodes that compute the same, as air/diff.hpp describes it. Throws graph_invalid where there is a cycle.
node_matching match_by_structure(const graph& left, const graph& right);

}  // namespace airloom::air
