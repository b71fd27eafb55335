#pragma once
// The graph as the messages of a file, in form A.

#include "air/message_pieces.hpp"
#include "air/messages.hpp"

namespace airloom::air {

// --- in parts, as every writer puts them together ---

/// One attribute of a node as a file has it.
struct attribute_in_file {
  std::string name;
  ir::AttrDef message;  ///< of a tensor: its description
  blob contents;        ///< of a tensor, where this file has them
};

/// Name, type and edges.
ir::OpDef head_of(const graph& g, const node& n);
/// All attributes, those with the names of ports among them, sorted by name.
std::vector<attribute_in_file> attributes_in_file(const node& n, const gear_view& gears);
/// Descriptions, subgraphs, and what nobody here reads.
ir::OpDef tail_of(const node& n, const gear_view& gears);
/// What stands before a graph's nodes. Throws graph_invalid as encode_graph() does.
ir::GraphDef head_of(const graph& g);
/// The attributes of the graph.
ir::GraphDef tail_of(const graph& g);

// --- whole ---

/// A GraphDef. Throws graph_invalid where an edge cannot be said by name: it leads nowhere, or two nodes have
/// the name of its source.
message_pieces encode_graph(const graph& g);
ir::GraphDef encode_graph_message(const graph& g);

/// A ModelDef with the graph, its subgraphs, and what GE writes in every model. Throws air_too_large where it
/// would be larger than a file may be, graph_invalid as encode_graph() does.
message_pieces encode_model(const graph& g);

/// The attributes of the file around the graph, with the seven that GE writes in every one.
attribute_map attributes_of_model(const graph& g);

/// "name:0" for every data input that is fed, "" for one that is not, then "name:-1" for every control edge.
std::vector<std::string> edge_texts(const graph& g, const node& n);

/// Whether the node's contents lie in another file, so that this one does not repeat them.
bool has_contents_elsewhere(const node& n);

}  // namespace airloom::air
