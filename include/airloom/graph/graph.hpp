#pragma once
// The one graph: what recording makes, the loader reads, the exporter writes, the host plans.
//
// A graph is plain data: a list of Ascend operators with names, attributes, tensor descriptions and edges.
// Passes take a graph and return a graph. Nothing here is a template on the model.

#include <airloom/api.hpp>
#include <airloom/blob.hpp>
#include <airloom/dtype.hpp>
#include <airloom/error.hpp>
#include <airloom/graph/prototype.hpp>
#include <airloom/shape/extent.hpp>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace airloom {

struct attribute;
using attribute_map = std::map<std::string, attribute, std::less<>>;

/// What is known of one tensor besides its contents.
struct tensor_description {
  std::string name;  ///< form P only; form A keeps port names in attributes
  dtype type = dtype::undefined;
  shape_value shape;
  std::string layout = "ND";
  std::string device_type;   ///< "NPU" or "CPU"; empty where the file does not say
  attribute_map attributes;  ///< those that a file gives the description
  std::string rest;          ///< fields of the file's message that nobody here reads, kept for saving
};

/// Contents with their description: the value of a Const. The bytes are row-major, little-endian, without
/// padding.
struct tensor_contents {
  tensor_description description;
  blob data;
};

struct graph;

/// Raw bytes, where GE keeps them apart from text.
struct raw_bytes {
  std::string bytes;
  bool operator==(const raw_bytes&) const = default;
};
/// A symbolic expression, serialised.
struct expression_bytes {
  std::string bytes;
  bool operator==(const expression_bytes&) const = default;
};
/// An attribute of a form that we do not take apart (several lists in one, a kind of a later release): the
/// bytes of its message, kept for saving.
struct opaque_attribute {
  std::string message;
  bool operator==(const opaque_attribute&) const = default;
};
struct named_attributes {
  std::string name;
  attribute_map attributes;
};

/// One attribute: every kind of the file format (AttrDef), and no value at all.
struct attribute {
  using value_type = std::variant<std::monostate, std::int64_t, float, bool, std::string, raw_bytes, dtype,
                                  tensor_description, tensor_contents, std::shared_ptr<const graph>,
                                  std::shared_ptr<const named_attributes>, std::vector<std::int64_t>,
                                  std::vector<float>, std::vector<bool>, std::vector<std::string>,
                                  std::vector<raw_bytes>, std::vector<dtype>, std::vector<tensor_description>,
                                  std::vector<tensor_contents>, std::vector<std::shared_ptr<const graph>>,
                                  std::vector<named_attributes>, std::vector<std::vector<std::int64_t>>,
                                  std::vector<std::vector<float>>, expression_bytes, opaque_attribute>;
  value_type value;

  template <class T>
  const T* get() const {
    return std::get_if<T>(&value);
  }
};

/// One output of one node; node -1 is an optional input that is not fed.
struct value_reference {
  int node = -1;
  int output = 0;
  bool operator==(const value_reference&) const = default;
};

/// One module on the way from the root to a node: its dotted path and the name of its class.
struct module_frame {
  std::string path;
  std::string class_name;  ///< with named namespaces, without template arguments: compilers spell those apart
};

/// The user's line that made a node; an empty file where nobody knows.
struct source_line {
  std::string file;
  unsigned line = 0;
};

/// One operator of the graph.
struct node {
  std::string name;
  std::string type;
  std::vector<value_reference> inputs;
  std::vector<int> controls;              ///< nodes that have to run before this one
  std::vector<std::string> input_names;   ///< of ports, one an input
  std::vector<std::string> output_names;  ///< one an output
  std::vector<tensor_description> input_descriptions;
  std::vector<tensor_description> output_descriptions;
  attribute_map attributes;
  std::vector<std::string> subgraphs;  ///< names of graphs in graph::subgraphs
  std::vector<module_frame> modules;   ///< outermost first; empty for what no module made
  source_line where;
  std::string rest;  ///< fields of the file's message that nobody here reads, kept for saving

  /// Contents of output 0 where it is a small integer tensor that checking could follow (infer() writes it).
  std::vector<extent> contents;
  bool contents_known = false;

  const operator_entry* definition = nullptr;  ///< null for an operator without a prototype here

  const attribute* find(std::string_view attribute_name) const {
    const auto found = attributes.find(attribute_name);
    return found == attributes.end() ? nullptr : &found->second;
  }
};

/// The gears of a graph at run time: names of axes and their sizes, row by row.
struct gear_set {
  std::vector<std::string> axes;
  std::vector<std::int64_t> sizes;  ///< gears() rows of axes.size() numbers
  std::size_t gears = 1;

  gear_view view() const { return {sizes.data(), gears, axes.size()}; }
};

/// An output that is the new value of an input, whose memory it may take.
struct state_pair {
  int output = 0;  ///< its place among outputs()
  int input = 0;   ///< its place among inputs()
  bool operator==(const state_pair&) const = default;
};

/// A group of ranks that a collective of the graph names.
struct rank_group {
  std::string name;
  std::vector<int> ranks;
  bool operator==(const rank_group&) const = default;
};

/// A graph.
struct graph {
  std::string name = "graph_1";
  gear_set gears;
  std::vector<node> nodes;
  attribute_map attributes;
  std::vector<std::shared_ptr<const graph>> subgraphs;  ///< further graphs of the file (root graph only)
  std::vector<rank_group> groups;                       ///< as described; a file has only their names
  std::vector<std::string> output_labels;  ///< what the model calls its outputs, one an input of NetOutput
  std::vector<state_pair> states;          ///< by output; no file holds them, so loaded graphs have none
  attribute_map model_attributes;          ///< of the file around the graph (root graph only)
  std::string model_rest;                  ///< as node::rest, for the file
  std::string rest;                        ///< as node::rest, for the graph

  /// The Data and RefData nodes in order of their `index`; equal or missing ones in order of appearance.
  AIRLOOM_API std::vector<int> inputs() const;
  /// What NetOutput takes, in order; empty where there is no NetOutput.
  AIRLOOM_API std::vector<value_reference> outputs() const;
  /// The place of the node with this name; -1 where there is none.
  AIRLOOM_API int find(std::string_view node_name) const;
};

/// The nodes in an order in which every node comes after what it needs; nodes that need nothing of each other
/// stay in the graph's order. Throws graph_invalid where there is a cycle.
AIRLOOM_API std::vector<int> topological_order(const graph& g);

/// Something to say about a graph.
struct diagnostic {
  bool is_error = true;  ///< else a warning
  error_code code = error_code::graph_invalid;
  std::string node;  ///< its name; empty where the graph as a whole is meant
  std::string message;
  std::string remedy;
};

/// Checks the graph against the rules of graphs and of its operators' prototypes: duplicate and missing
/// names, edges that lead nowhere, cycles, unfed required inputs, attributes missing or of the wrong kind,
/// unknown operators (a warning), an output number that an operator does not have. Runs no shape rule;
/// infer() does.
AIRLOOM_API std::vector<diagnostic> verify(const graph& g);

/// Writes element types, shapes and contents of all ordinary nodes, from the Data and Const nodes on, by the
/// rules that the compiler ran. An operator without a prototype keeps its own descriptions. Returns what did
/// not hold. Throws graph_invalid where there is a cycle.
AIRLOOM_API std::vector<diagnostic> infer(graph& g);

/// The first error among diagnostics as an exception (with a count of the others); nothing where there is
/// none.
AIRLOOM_API void throw_first_error(const std::vector<diagnostic>& diagnostics);

/// A copy with the dimensions of the named inputs set to numbers (one gear) and everything inferred again.
/// Needs    every input of `shapes` is an input of the graph; ranks agree; numbers only replace unknown sizes
/// or
///          sizes over axes that take this value in a gear. Throws gear_unknown or shape_mismatch.
AIRLOOM_API graph specialise(const graph& g, const std::map<std::string, std::vector<std::int64_t>>& shapes);

/// The graph for people: one operator a line.
AIRLOOM_API std::string to_text(const graph& g);
/// One operator of it, without a line feed; attributes that only keep books are left out.
AIRLOOM_API std::string to_text(const graph& g, const node& n);
/// The value of an attribute; contents and nested values by their kind.
AIRLOOM_API std::string to_text(const attribute& value);
/// "[batch, 768]"; -1 for an unknown size, "[?]" for an unknown rank.
AIRLOOM_API std::string to_text(const shape_value& shape, const gear_set& gears);
}  // namespace airloom
