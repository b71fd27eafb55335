#pragma once
// A graph as Graphviz draws one.

#include <airloom/graph/graph.hpp>
#include <iosfwd>

namespace airloom::air {

/// Writes the graph in Graphviz's language: a box an operator with its type and name, inputs, constants and
/// results in colours of their own, an arrow an edge with the shape that it carries where the graph says it,
/// dashed for a control edge. Further graphs of the file are drawn
/// beside the first, each in a frame.
AIRLOOM_API void write_dot(const graph& g, std::ostream& out);

}  // namespace airloom::air
