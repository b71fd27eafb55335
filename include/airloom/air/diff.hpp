#pragma once
// How two graphs differ in what they mean, whatever the order in which their files say it.

#include <airloom/graph/graph.hpp>
#include <optional>

namespace airloom::air {

/// One thing that two graphs do not share.
struct difference {
  std::string graph;      ///< a further graph of the file, by its name; empty for the root graph
  std::string left_node;  ///< empty where only the right graph has the node, or the graph as a whole is meant
  std::string right_node;  ///< likewise
  std::string part;        ///< "node", "type", "input 0", "input 0 shape", "attribute axis", "contents", …
  std::optional<std::string> left;  ///< what the left graph has there; nullopt: nothing
  std::optional<std::string> right;
};

struct diff_options {
  /// Nodes are matched by what they compute and not by their names, which may then differ.
  bool by_structure = false;
};

/// Everything in which `left` and `right` differ; empty where they mean the same to GE.
///
/// Compared are the attributes of the models, the graphs and the nodes, each with its kind; types of nodes;
/// data edges, and control edges as a set; names of ports; element types, shapes, formats, devices and
/// attributes of all descriptions; further graphs by their names; fields of the files that airloom does not
/// know; and the contents of constants, byte by byte, wherever they lie: a Const and a FileConstant with the
/// same contents are the same. What a file leaves out and GE then fills in (a description's device and four
/// standing attributes, seven attributes of the model) counts as said. The order of nodes and of map entries
/// is no difference, nor are paths of weights that were read. A size that moves with the gears is -1.
///
/// By structure, nodes are matched in time linear in the graphs: each node has a hash over its type,
/// attributes, descriptions, contents, and the hashes of its sources. From the inputs (by their order) and
/// NetOutput on, sources of matched nodes are matched where their hashes are equal, or where neither has an
/// equal anywhere; nodes that remain are matched to those with an equal hash, consumers first; what then
/// remains is matched to nodes of the same type at the same place beside matched nodes. Names of graphs and
/// nodes, and attributes that repeat them (`_fx_tensor_name`, `_origin_data_name`, `nn_module_stack`), are
/// not compared.
///
/// Throws graph_invalid by structure where a graph has a cycle.
AIRLOOM_API std::vector<difference> diff(const graph& left, const graph& right,
                                         const diff_options& options = {});

/// One difference as a line for people: "node 'Add', attribute axis: 'i: 1' against 'i: 2'".
AIRLOOM_API std::string to_text(const difference& found);

}  // namespace airloom::air
