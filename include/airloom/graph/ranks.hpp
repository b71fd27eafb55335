#pragma once
// The graphs of the ranks of one world, and whether their collectives meet.

#include <airloom/api.hpp>
#include <cstddef>
#include <vector>

namespace airloom {

// Whoever looks at what these functions return includes graph/graph.hpp; whoever exports does not need it.
struct graph;
struct node;
struct diagnostic;
struct rank_group;

/// One graph a rank, in order of ranks: a view of a range of graphs or models, which outlives it.
class rank_graphs {
 public:
  template <class Range>
  rank_graphs(const Range& ranks) {  // NOLINT(google-explicit-constructor): a vector of models is one
    for (const graph& each : ranks) graphs_.push_back(&each);
  }
  std::size_t size() const { return graphs_.size(); }
  const graph& operator[](std::size_t rank) const { return *graphs_[rank]; }

 private:
  std::vector<const graph*> graphs_;
};

/// Whether a node communicates: it names a group.
AIRLOOM_API bool is_collective(const node& n);

/// The groups that collectives name, in the order in which rank 0, then rank 1, … names them. Their members
/// are those that the graphs know, else those that a name `tag=…;rank_list=0,1` lists; none where neither
/// says.
AIRLOOM_API std::vector<rank_group> groups_in_use(const rank_graphs& ranks);

/// Checks the ranks against each other: every rank that names a group is a member; every collective of a
/// group comes in the same order on all its ranks, with the same type, element types, shapes, reduction, root
/// and counts; every send meets a receive of the same tag, element type and shape; nobody waits for ever.
/// What differs is said with the ranks and the lines that wrote it. A warning (`is_error` false) says that
/// the ranks go on only if a send does not wait for its receive, as where all ranks of a ring send first.
///
/// Order is that of the graph: independent collectives are taken to run as they stand.
/// Needs     graphs that verify() accepts.
/// Throws graph_invalid where a graph has a cycle.
AIRLOOM_API std::vector<diagnostic> check_ranks(const rank_graphs& ranks);

}  // namespace airloom
