#pragma once
// From the tape to the graph: the one place where names are composed.

#include <airloom/graph/graph.hpp>
#include <airloom/graph/tape.hpp>

namespace airloom {

/// A parameter that the graph uses, and the Const node that stands for it.
struct parameter_slot {
  std::string name;  ///< dotted path, as weights files spell it
  dtype type = dtype::undefined;
  std::vector<std::int64_t> shape;
  int node = 0;
};

struct recorded_graph {
  graph lowered;
  std::vector<parameter_slot> parameters;
};

/// The graph of a recorded model. Nodes are named after their scope and type: `encoder.layer.0.MatMulV2`; the
/// Const of a parameter carries the parameter's path. Every attribute is written, defaults included, as
/// TorchAir does. The Consts of parameters have no contents yet: set_contents() gives them.
/// Attributes and contents that differ from rank to rank are those of `rank`.
/// Throws    graph_invalid where one of them is not described for this rank.
AIRLOOM_API recorded_graph make_graph(const tape& record, int rank = 0);

/// Gives a parameter's node its contents: raw little-endian elements, row-major, exactly as many as its shape
/// says. The description of the contents then carries the parameter's name, which tells a weight from a
/// constant that somebody wrote.
AIRLOOM_API void set_contents(graph& g, const parameter_slot& parameter, blob contents);

}  // namespace airloom
